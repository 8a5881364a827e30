import { mkdirSync, mkdtempSync, realpathSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import type { WatchNews } from '../../src/core/watch.ts'
import { watchFiles, watchWithin } from '../../src/os/watch.ts'
import type { WatchBounds } from '../../src/os/watch.ts'

const ends: (() => void)[] = []
afterEach(() => { for (const end of ends.splice(0)) end() })

/** A folder with these files, and what a watch of it tells. */
class Watched {
  readonly folder = realpathSync(mkdtempSync(join(tmpdir(), 'nsup-watch-')))
  private readonly heard: string[] = []
  private wake: () => void = () => undefined

  constructor(...files: readonly string[]) {
    ends.push(() => { rmSync(this.folder, { recursive: true, force: true }) })
    for (const file of files) this.write(file)
  }

  write(file: string, text = 'x'): void {
    mkdirSync(dirname(join(this.folder, file)), { recursive: true })
    writeFileSync(join(this.folder, file), text)
  }

  /** Watches; resolves when changes are told of. */
  async watch(paths: readonly string[], ignore: readonly string[] = []): Promise<void> {
    this.begin([...paths, 'probe'], ignore)
    await this.tells('probe', () => { this.write('probe', String(Date.now())) })
  }

  begin(paths: readonly string[], ignore: readonly string[] = [], bounds?: WatchBounds): void {
    const order = { paths: paths.map((path) => join(this.folder, path)), ignore, own: [] }
    const tell = (news: WatchNews): void => {
      const text = news.kind === 'changed' ? news.path : news.kind === 'problem' ? `problem ${news.reason}` : `many ${String(news.entries)}`
      this.heard.push(text.replaceAll(`${this.folder}/`, ''))
      this.wake()
    }
    ends.push(bounds === undefined ? watchFiles(order, tell) : watchWithin(bounds, order, tell))
  }

  /** Does it again and again until it is told of, since what comes at once after another change is no news; all that was told. */
  async tells(file: string, act: () => void): Promise<string[]> {
    this.heard.length = 0
    act()
    const again = setInterval(act, 100)
    try {
      return await this.until(file)
    } finally {
      clearInterval(again)
    }
  }

  /** Everything but the probe that is told until this is. */
  async until(what: string | RegExp): Promise<string[]> {
    const fits = (one: string): boolean => (typeof what === 'string' ? one === what : what.test(one))
    for (;;) {
      const at = this.heard.findIndex(fits)
      if (at >= 0) return [...new Set(this.heard.splice(0, at + 1).filter((one) => one !== 'probe'))]
      await new Promise<void>((resolve) => (this.wake = resolve))
    }
  }

  replace(file: string): void {
    this.write('.new')
    renameSync(join(this.folder, '.new'), join(this.folder, file))
  }

  remove(path: string): void {
    rmSync(join(this.folder, path), { recursive: true })
  }
}

describe('Watching files', () => {
  it('tells of what is written, replaced as editors do, made and removed, and of nothing that was there', async () => {
    const files = new Watched('src/a.js', 'src/old.js')
    await files.watch(['src'])
    expect(await files.tells('src/a.js', () => { files.write('src/a.js', '2') })).toEqual(['src/a.js'])
    for (let i = 0; i < 2; i += 1) expect(await files.tells('src/a.js', () => { files.replace('src/a.js') })).toEqual(['src/a.js'])
    expect(await files.tells('src/new/deep/b.js', () => { files.write('src/new/deep/b.js') })).not.toContain('src/old.js')
    files.remove('src/old.js')
    expect(await files.until('src/old.js')).not.toContain('src/new')
  })

  it('leaves out what does not count', async () => {
    const files = new Watched('src/node_modules/x/index.js', 'src/dist/x.js', 'src/a.js', 'src/.git/HEAD')
    await files.watch(['src/**/*.js'], ['dist'])
    for (const file of ['src/node_modules/x/index.js', 'src/dist/x.js', 'src/.git/HEAD', 'src/a.css', 'src/x.log', 'src/node_modules/y.js']) files.write(file, '2')
    files.write('src/a.js', '2')
    expect(await files.until('src/a.js')).toEqual(['src/a.js'])
  })

  it('waits for what is not there, and goes on when a folder or a file was removed and made again', async () => {
    const files = new Watched('src/a.js', '.env')
    await files.watch(['src', 'later/deep', '.env'])
    await files.tells('later/deep/x.js', () => { files.write('later/deep/x.js') })
    files.remove('src')
    await files.tells('src/a.js', () => { files.write('src/a.js') })
    await files.tells('src/b.js', () => { files.write('src/b.js') })
    files.remove('.env')
    await files.until(/^problem \.env does not exist/)
    await files.tells('.env', () => { files.write('.env') })
    await files.tells('.env', () => { files.write('.env', '2') })
  })

  it('says what is not there once, what is much, and what is too much to be watched at all', async () => {
    const files = new Watched(...Array.from({ length: 40 }, (_, i) => `src/${String(i)}.js`))
    files.begin(['src', 'none'], [], { many: 20, max: 30, again: 60_000 })
    expect(await files.until(/^problem more than/)).toEqual([
      'problem none does not exist: it is watched as soon as it does', 'many 20', expect.stringMatching(/^problem more than 30 files and folders: nothing is watched; .*watch_ignore$/),
    ])
  })
})
