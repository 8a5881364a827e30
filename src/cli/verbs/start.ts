/** `start target...`: starts processes, and first a master where none runs. */
import type { Context } from '../command.ts'
import { act, startInNewMaster } from '../act.ts'
import { CliError } from '../clierror.ts'
import { isDown } from '../failure.ts'

export async function run(context: Context): Promise<number> {
  const client = await context.connect()
  try {
    return await act(context, client, 'start', context.words)
  } catch (error) {
    const { instance } = await context.server()
    if (!isDown(error) || instance === undefined) throw error
    const { launchMaster } = await import('../launch.ts')
    const launched = await launchMaster(instance.configFile, context.env)
    if (launched.said !== '') context.err.write(launched.said)
    if (!launched.ok) throw new CliError('the master could not be started', 1)
    return startInNewMaster(context, await context.reconnect(), context.words)
  }
}
