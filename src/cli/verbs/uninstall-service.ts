/** `uninstall-service [--print]`: stops the service, and takes its unit away. */
import type { Context } from '../command.ts'
import { CliError } from '../clierror.ts'
import { printJson } from '../outcomes.ts'
import { requireInstance } from '../server.ts'
import { uninstall, unitName, unitPath } from '../service/install.ts'
import { systemdOf } from '../service/systemd.ts'

export async function run(context: Context): Promise<number> {
  const { name, configFile } = requireInstance(context.options, context.env)
  const systemd = systemdOf(process.getuid?.() ?? 0, context.env)
  const installation = { systemd, name, configFile }
  const file = unitPath(installation)
  if (context.options.print) {
    for (const line of [systemd.written('disable', '--now', unitName(name)), `rm ${file}`, systemd.written('daemon-reload')]) context.out.line(line)
    return 0
  }
  if (!systemd.runs) throw new CliError('systemd does not run on this machine, so no service is installed', 1)
  await uninstall(installation)
  if (context.style === 'json') printJson(context, { unit: unitName(name), file })
  else context.out.line(`stopped and removed ${unitName(name)}`)
  return 0
}
