// ready.mjs NAME FIFO: says that it runs, reports that it is ready, and says when it did.
import { openSync, writeSync } from 'node:fs'

const [, , name, path] = process.argv
const fifo = openSync(path, 'a')
writeSync(fifo, `R ${name} ${process.pid} ${process.hrtime.bigint()}\n`)
const at = process.hrtime.bigint()
if (process.env.NSUP_REPORT_FD) writeSync(Number(process.env.NSUP_REPORT_FD), '{"ready":true}\n')
writeSync(fifo, `Y ${name} ${process.pid} ${at}\n`)
setInterval(() => {}, 2 ** 30)
