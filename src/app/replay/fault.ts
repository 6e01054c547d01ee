// What is wrong with a file that was handed to a replay: where it stands and what to do about it.

/** Message: file:line  what is wrong; what to do. */
export class ReplayFault extends Error {
  constructor(file: string, line: number | undefined, message: string) {
    super(line === undefined ? `${file}  ${message}` : `${file}:${line}  ${message}`);
  }
}
