#!/usr/bin/env node
// counts.mjs: writes `INCARNATION PID NUMBER` lines without a gap, ten each ten milliseconds; blocks when nobody reads.
import { writeSync } from 'node:fs'

const who = `${process.env.NSUP_INCARNATION} ${process.pid}`
const began = performance.now()
let written = 0

function writeDue() {
  const due = Math.floor(performance.now() - began)
  // Below PIPE_BUF a write is all or nothing, so that only a lost chunk of the master's can tear a line.
  while (written < due) {
    let text = ''
    for (let i = 0; i < 10; i += 1) text += `${who} ${++written}\n`
    writeSync(1, text)
  }
  setTimeout(writeDue, 10)
}
writeDue()
