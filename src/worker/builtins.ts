/**
 * Node's own modules without an import: an ES module that imports one waits for all that it could ever export, which
 * takes longer than all of the SDK.
 */

export const fs = process.getBuiltinModule('node:fs')

/** Their numbers on this machine. */
export const signalNumbers = process.getBuiltinModule('node:os').constants.signals
