// The life of a link as its owner sees it. `blocked` means that the broker takes nothing that is published; `draining` that no new work
// is begun; `closed` is never left. Everything that may happen in a state is in this table, and what may not is ignored.

export type LinkState = 'connecting' | 'ready' | 'blocked' | 'draining' | 'closed';
export type LinkEvent = 'connected' | 'lost' | 'blocked' | 'unblocked' | 'drain' | 'close';

const transitions: Record<LinkState, Partial<Record<LinkEvent, LinkState>>> = {
  connecting: { connected: 'ready', drain: 'closed', close: 'closed' },
  ready: { lost: 'connecting', blocked: 'blocked', drain: 'draining', close: 'closed' },
  blocked: { lost: 'connecting', unblocked: 'ready', drain: 'draining', close: 'closed' },
  // A link that drains does not come back: what is unconfirmed stays in the outbox, what is unacknowledged is delivered again.
  draining: { lost: 'closed', close: 'closed' },
  closed: {},
};

/** The state after the event; the same state when the event means nothing in it. */
export function nextLinkState(state: LinkState, event: LinkEvent): LinkState {
  return transitions[state][event] ?? state;
}

export interface LinkMachine {
  state: () => LinkState;
  happen: (event: LinkEvent) => void;
  onState: (listener: (state: LinkState) => void) => void;
  /** Waits for `ms`, or until it is closed; one wait at a time. */
  closedWithin: (ms: number) => Promise<void>;
}

/** Keeps the state and tells every change. */
export function createLinkMachine(): LinkMachine {
  const listeners: ((state: LinkState) => void)[] = [];
  let state: LinkState = 'connecting';
  let endWait: (() => void) | undefined;
  return {
    state: () => state,
    onState: (listener) => void listeners.push(listener),
    happen: (event) => {
      const next = nextLinkState(state, event);
      if (next === state) return;
      state = next;
      if (state === 'closed') endWait?.();
      for (const listener of listeners) listener(state);
    },
    closedWithin: async (ms) => {
      if (state === 'closed') return;
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, ms);
        endWait = () => {
          clearTimeout(timer);
          resolve();
        };
      });
      endWait = undefined;
    },
  };
}
