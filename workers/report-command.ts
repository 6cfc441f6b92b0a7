// What the operator's commands that end with a report have in common: flags in, one line of JSON out, and an exit code.

export interface ReportCommand<Flags, Report> {
  usage: string;
  /** Throws where the flags are wrong; the message is for the operator. */
  readFlags(args: string[]): Flags;
  run(flags: Flags): Promise<Report>;
  /** 0 when nothing is left to do. */
  exitCode(report: Report): number;
  /** What it means when `run` throws. */
  failure: string;
}

/** Runs the command and returns its exit code; 2 for wrong flags, which print what is wrong and the usage, and where it could not be done. */
export async function runReportCommand<Flags, Report>(args: string[], command: ReportCommand<Flags, Report>): Promise<number> {
  let flags: Flags;
  try {
    flags = command.readFlags(args);
  } catch (error) {
    process.stderr.write(`${messageOf(error)}\n\n${command.usage}`);
    return 2;
  }
  try {
    const report = await command.run(flags);
    process.stdout.write(`${JSON.stringify(report)}\n`);
    return command.exitCode(report);
  } catch (error) {
    process.stderr.write(`${command.failure}: ${messageOf(error)}\n`);
    return 2;
  }
}

/** What an operator reads. A server whose name has several addresses, as localhost may, fails with one error for each and no word of its own. */
export function messageOf(error: unknown): string {
  if (error instanceof AggregateError && error.message === '') return error.errors.map(messageOf).join('; ');
  return error instanceof Error ? error.message : 'failed';
}
