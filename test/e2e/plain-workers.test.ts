/** The workers without an SDK in the languages that every machine of a developer has; PHP is with the compat tests. */
import { describe } from 'vitest'
import { plainWorkersLive } from './plain-workers-suite.ts'

describe('workers on the plain protocol', () => {
  plainWorkersLive(['python', 'sh'])
})
