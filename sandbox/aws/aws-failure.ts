// An error as AWS words it.

/** Thrown anywhere in a call and answered as it is. */
export class AwsFailure extends Error {
  override readonly name = 'AwsFailure';
  readonly type: string;
  readonly status: number;

  constructor(type: string, message: string, status = 400) {
    super(message);
    this.type = type;
    this.status = status;
  }

  /** The four members that the developer guide shows. */
  body(): { __type: string; Code: string; Message: string; Logref: string } {
    return { __type: this.type, Code: this.type, Message: this.message, Logref: crypto.randomUUID() };
  }
}
