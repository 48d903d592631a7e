/** The error about a value that Python or the page rejects. */

export class InvalidValueError extends Error {
  constructor(
    message: string,
    readonly parameter: string, // Python's name of the value
  ) {
    super(message);
  }
}
