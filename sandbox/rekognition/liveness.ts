// Liveness sessions as Rekognition keeps them: opened by the lender, used once by one camera, read by the lender, forgotten after three
// minutes. Nothing of a stream is judged here: the scene that the camera is said to see is the script. Sessions live in memory, since none
// lives for long; one from before a restart is as unknown as one that was forgotten.

import { randomUUID } from 'node:crypto';
import { Hono } from 'hono';
import { identityLimits } from '../../config/identity-limits.ts';
import { AwsFailure } from '../aws/aws-failure.ts';
import { livenessSentinels } from '../sentinels.ts';
import type { LivenessSentinel } from '../sentinels.ts';
import { createSessionRequest, parseRequest, sessionRequest } from './request.ts';

interface Session {
  openedAt: Date;
  /** What the lender asked for, to tell a repeat from a mistake. */
  request: string;
  scene: LivenessSentinel | null;
  picture: Buffer | null;
}

export interface LivenessSessions {
  /** CreateFaceLivenessSession. The same token again gives the same session, with other settings it is a mistake. */
  create(request: unknown): object;
  /** GetFaceLivenessSessionResults. Throws SessionNotFoundException. */
  results(request: unknown): object;
  /** Lets a camera see something. 404 for an unknown session, 409 for one that was used. */
  watch(sessionId: string, scene: LivenessSentinel, picture: Buffer): 202 | 404 | 409;
}

/** No sessions yet. */
export function createLivenessSessions(now: () => Date): LivenessSessions {
  const sessions = new Map<string, Session>();
  const byToken = new Map<string, string>();
  const forget = (): void => {
    for (const [id, { openedAt }] of sessions)
      if (now().getTime() - openedAt.getTime() > 2 * identityLimits.livenessSessionMs) sessions.delete(id);
    for (const [token, id] of byToken) if (!sessions.has(id)) byToken.delete(token);
  };
  const isOver = ({ openedAt }: Session): boolean => now().getTime() - openedAt.getTime() > identityLimits.livenessSessionMs;
  return {
    create: (request) => {
      forget();
      const { ClientRequestToken: token, ...settings } = parseRequest(createSessionRequest, request);
      const known = token === undefined ? undefined : byToken.get(token);
      if (known !== undefined && sessions.get(known)?.request !== JSON.stringify(settings))
        throw new AwsFailure('IdempotentParameterMismatchException', 'The token was used with other parameters.');
      const SessionId = known ?? randomUUID();
      if (known === undefined) sessions.set(SessionId, { openedAt: now(), request: JSON.stringify(settings), scene: null, picture: null });
      if (token !== undefined) byToken.set(token, SessionId);
      return { SessionId };
    },
    results: (request) => {
      const { SessionId } = parseRequest(sessionRequest, request);
      const session = sessions.get(SessionId);
      if (!session) throw new AwsFailure('SessionNotFoundException', 'Session not found.');
      const { scene, picture } = session;
      if (isOver(session)) return { SessionId, Status: 'EXPIRED' };
      if (!scene) return { SessionId, Status: 'CREATED' };
      const { status, confidence } = livenessSentinels[scene];
      if (confidence === null) return { SessionId, Status: status };
      return { SessionId, Status: status, Confidence: confidence, ReferenceImage: { Bytes: picture?.toString('base64') }, AuditImages: [] };
    },
    watch: (sessionId, scene, picture) => {
      const session = sessions.get(sessionId);
      if (!session) return 404;
      if (session.scene || isOver(session)) return 409;
      Object.assign(session, { scene, picture });
      return 202;
    },
  };
}

/** The camera's side, which is ours alone: Amazon's takes a stream of video over a websocket. */
export function cameraRoutes(sessions: LivenessSessions): Hono {
  const routes = new Hono();
  routes.post('/:session', async (c) => {
    const scene = c.req.query('scene') ?? 'live';
    if (!isScene(scene)) return c.json({ error: `scene is one of ${Object.keys(livenessSentinels).join(', ')}` }, 400);
    const picture = Buffer.from(await c.req.arrayBuffer());
    if (picture.length === 0) return c.json({ error: 'send a JPEG of the face that the camera sees' }, 400);
    const status = sessions.watch(c.req.param('session'), scene, picture);
    const error = status === 404 ? 'there is no such session' : status === 409 ? 'a session is for one camera, for three minutes' : null;
    return c.json(error === null ? { scene } : { error }, status);
  });
  return routes;
}

function isScene(name: string): name is LivenessSentinel {
  return Object.hasOwn(livenessSentinels, name);
}
