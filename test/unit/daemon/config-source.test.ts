import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { instanceOf } from '../../../src/config/instance.ts'
import { ByHandFile } from '../../../src/daemon/by-hand-file.ts'
import { ConfigSource } from '../../../src/daemon/config-source.ts'
import { textFiles } from '../../../src/os/replace-file.ts'

test('of a config that is refused what it is refused for comes before mere warnings', () => {
  const dir = mkdtempSync(join(tmpdir(), 'nsup-source-'))
  const file = join(dir, 'supervisord.conf')
  writeFileSync(file, '[supervisord]\n[program:a]\ncommand=cat\nautorestat=true\nstartsecs=soon\n')
  const instance = instanceOf(file, { NSUP_HOME: join(dir, 'home') })
  const source = new ConfigSource(file, instance, () => ({ env: {}, cwd: dir, logDir: dir }), new ByHandFile(instance.stateDir, textFiles))
  try {
    expect(() => source.reread(() => undefined)).toThrow(/^[^\n]*supervisord\.conf:5:\d+: error: [^\n]*soon[^]*4:1: warning: unknown option/)
  } finally {
    rmSync(dir, { recursive: true, force: true })
  }
})
