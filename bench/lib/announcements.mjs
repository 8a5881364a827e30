/** The FIFO into which bench programs say what they do, as a stream of events that can be waited for. */
import { EventEmitter } from 'node:events'
import { constants, openSync } from 'node:fs'
import { Socket } from 'node:net'
import { makeFifos } from './world.mjs'
import { now } from './stats.mjs'

/**
 * @typedef {object} Announcement
 * @property {string} kind R: runs, B: begins to write, E: has written all, Y: is ready
 * @property {string} name
 * @property {number} pid
 * @property {number} at milliseconds on the monotonic clock
 */

export class Announcements {
  #emitter = new EventEmitter()
  #rest = ''
  /** Every pid that ever ran. @type {Set<number>} */
  pids = new Set()
  /** The pid that runs under a name. @type {Map<string, number>} */
  current = new Map()
  /** How many R lines came. */
  starts = 0

  /** @param {string} path */
  constructor(path) {
    this.path = path
    makeFifos([path])
    const fd = openSync(path, constants.O_RDWR | constants.O_NONBLOCK)
    this.socket = new Socket({ fd, readable: true, writable: false })
    this.socket.setEncoding('utf8').on('data', (text) => this.#take(String(text)))
    this.#emitter.setMaxListeners(0)
  }

  /** @param {string} text */
  #take(text) {
    const lines = (this.#rest + text).split('\n')
    this.#rest = lines.pop() ?? ''
    for (const line of lines) {
      const [kind = '', name = '', pid, ns] = line.split(' ')
      const said = { kind, name, pid: Number(pid), at: ns === '0' ? now() : Number(ns) / 1e6 }
      if (kind === 'R') {
        this.pids.add(said.pid)
        this.current.set(name, said.pid)
        this.starts += 1
      }
      this.#emitter.emit('said', said)
    }
  }

  /**
   * Resolves with the first announcement for which `wanted` is true.
   * @param {(said: Announcement) => boolean} wanted
   * @param {string} what for the error
   * @param {number} [timeout] milliseconds
   * @returns {Promise<Announcement>}
   */
  next(wanted, what, timeout = 60_000) {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => finish(() => reject(new Error(`waited ${timeout / 1000} s in vain for: ${what}`))), timeout)
      /** @param {Announcement} said */
      const hear = (said) => {
        if (wanted(said)) finish(() => resolve(said))
      }
      /** @param {() => void} settle */
      const finish = (settle) => {
        clearTimeout(timer)
        this.#emitter.off('said', hear)
        settle()
      }
      this.#emitter.on('said', hear)
    })
  }

  close() {
    this.socket.destroy()
  }
}
