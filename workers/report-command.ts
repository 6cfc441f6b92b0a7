// What the operator's commands that end with a report have in common: flags in, one line of JSON out, and an exit code.

export interface ReportCommand<Flags, Report> {
  usage: string;
  /** Throws, or answers undefined, where the flags are wrong. */
  readFlags(args: string[]): Flags | undefined;
  run(flags: Flags): Promise<Report>;
  /** 0 when nothing is left to do. */
  exitCode(report: Report): number;
  /** What it means when `run` throws. */
  failure: string;
}

/** Runs the command and returns its exit code; 2 for wrong flags, which print the usage, and where it could not be done. */
export async function runReportCommand<Flags, Report>(args: string[], command: ReportCommand<Flags, Report>): Promise<number> {
  const flags = read(args, command);
  if (flags === undefined) {
    process.stderr.write(command.usage);
    return 2;
  }
  try {
    const report = await command.run(flags);
    process.stdout.write(`${JSON.stringify(report)}\n`);
    return command.exitCode(report);
  } catch (error) {
    process.stderr.write(`${command.failure}: ${error instanceof Error ? error.message : 'failed'}\n`);
    return 2;
  }
}

function read<Flags>(args: string[], { readFlags }: Pick<ReportCommand<Flags, unknown>, 'readFlags'>): Flags | undefined {
  try {
    return readFlags(args);
  } catch {
    return undefined;
  }
}
