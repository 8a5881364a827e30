/**
 * A fault is an error answered to a request: one row gives the XML-RPC code, the HTTP status, the exit
 * status of the command line and the sentence. Codes and names up to 92 are supervisord's.
 */
const faults = {
  UNKNOWN_METHOD: { code: 1, http: 404, exit: 1, text: 'unknown method' },
  INCORRECT_PARAMETERS: { code: 2, http: 400, exit: 1, text: 'incorrect parameters' },
  BAD_ARGUMENTS: { code: 3, http: 400, exit: 1, text: 'bad arguments' },
  SIGNATURE_UNSUPPORTED: { code: 4, http: 404, exit: 1, text: 'signature unsupported' },
  SHUTDOWN_STATE: { code: 6, http: 409, exit: 1, text: 'already shutting down' },
  BAD_NAME: { code: 10, http: 404, exit: 1, text: 'no such process' },
  BAD_SIGNAL: { code: 11, http: 400, exit: 1, text: 'bad signal name' },
  NO_FILE: { code: 20, http: 404, exit: 1, text: 'no such file' },
  NOT_EXECUTABLE: { code: 21, http: 409, exit: 1, text: 'file is not executable' },
  FAILED: { code: 30, http: 500, exit: 1, text: 'failed' },
  ABNORMAL_TERMINATION: { code: 40, http: 409, exit: 7, text: 'abnormal termination' },
  SPAWN_ERROR: { code: 50, http: 409, exit: 7, text: 'spawn error' },
  ALREADY_STARTED: { code: 60, http: 409, exit: 0, text: 'already started' },
  NOT_RUNNING: { code: 70, http: 409, exit: 7, text: 'not running' },
  ALREADY_ADDED: { code: 90, http: 409, exit: 0, text: 'process group already active' },
  STILL_RUNNING: { code: 91, http: 409, exit: 1, text: 'process/group still running' },
  CANT_REREAD: { code: 92, http: 422, exit: 1, text: 'cannot read the config' },
  NOT_A_JOB: { code: 113, http: 409, exit: 1, text: 'not a job' },
  NO_INBOX: { code: 110, http: 409, exit: 1, text: 'takes no messages' },
  INBOX_FULL: { code: 111, http: 503, exit: 7, text: 'too much waits in the inbox' },
  TABLE_FULL: { code: 112, http: 409, exit: 1, text: 'the table is full' },
  TABLE_UNREADABLE: { code: 114, http: 503, exit: 1, text: 'the table cannot be read' },
  NO_TABLE: { code: 115, http: 404, exit: 1, text: 'no such table' },
  NO_ROW: { code: 116, http: 404, exit: 1, text: 'no such row' },
  TIMEOUT: { code: 100, http: 504, exit: 124, text: 'timed out' },
} as const satisfies Record<string, FaultRow>

interface FaultRow {
  /** XML-RPC fault code. */
  readonly code: number
  /** HTTP status. */
  readonly http: number
  /** Exit status of the command line. */
  readonly exit: number
  /** What a person reads. */
  readonly text: string
}

export type FaultName = keyof typeof faults

/** The row of a fault by its name. */
export function faultRow(name: FaultName): FaultRow {
  return faults[name]
}

/** True if `name` is the name of a fault. */
export function isFaultName(name: unknown): name is FaultName {
  return typeof name === 'string' && Object.hasOwn(faults, name)
}

/** Thrown to answer a request with an error; never crosses a room's wall for anything else. */
export class Fault extends Error {
  readonly fault: FaultName
  /** What the request named, as it was given; `faultString` is `NAME: detail`. */
  readonly detail: string | undefined

  constructor(fault: FaultName, detail?: string) {
    super(detail === undefined ? fault : `${fault}: ${detail}`)
    this.name = 'Fault'
    this.fault = fault
    this.detail = detail
  }
}
