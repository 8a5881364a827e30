/** What a master says of itself for as long as one config holds. */
import type { Config } from '../config/config.ts'
import type { Instance } from '../config/instance.ts'
import { version } from '../lib/version.ts'
import type { SessionPorts } from './session-ports.ts'

export function identityOf(config: Config, instance: Instance): SessionPorts['identity'] {
  const { identifier, logfile } = config.master
  const { file: configFile, format: configFormat } = config
  return { pid: process.pid, version, identifier, startedAt: Date.now(), configFile, configFormat, instance: instance.name, logfile }
}
