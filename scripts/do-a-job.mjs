// Brings one job to each named queue of the shop over HTTP and waits until it is done. node do-a-job.mjs URL QUEUE...
import { setTimeout as pause } from 'node:timers/promises'

const [url, ...queues] = process.argv.slice(2)
const deadline = Date.now() + 30_000

const doneIn = async (queue) => (await (await fetch(url)).json()).queues[queue].done

for (const queue of queues) {
  const before = await doneIn(queue)
  const answer = await fetch(`${url}/jobs/${queue}`, { method: 'POST', body: '{"note":"from the gate"}' })
  if (answer.status !== 202) throw new Error(`${queue}: ${answer.status} ${await answer.text()}`)
  // The shop offers no event for this; a look every 50 ms until the job is done is the client's way.
  while ((await doneIn(queue)) <= before) {
    if (Date.now() > deadline) throw new Error(`${queue}: the job was not done within 30 s`)
    await pause(50)
  }
  console.log(`${queue}: a job was taken over HTTP and done`)
}
