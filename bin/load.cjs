// Loads a bundle of dist/. Newer Nodes keep what V8 has compiled of it; for Node 20 the build leaves the same beside it, a
// third of the time of a start. Another version of V8 refuses that, and compiles as ever.
const { readFileSync, writeFileSync } = require('node:fs')
const Module = require('node:module')
const { dirname, join } = require('node:path')
const { Script } = require('node:vm')

const dist = join(__dirname, '../dist')

function readKept(path) {
  try {
    return readFileSync(path)
  } catch {
    return undefined // not built with this Node
  }
}

function load(name) {
  const filename = join(dist, `${name}.cjs`)
  const kept = join(dist, `${name}.v8`)
  const script = new Script(Module.wrap(readFileSync(filename, 'utf8')), {
    filename,
    cachedData: readKept(kept),
  })
  // The build runs each program once with this set: what it needed is compiled by then.
  if (process.env.NSUP_KEEP_COMPILED === '1') process.once('exit', () => writeFileSync(kept, script.createCachedData()))
  const module = { exports: {} }
  script.runInThisContext()(module.exports, Module.createRequire(filename), module, filename, dirname(filename))
}

module.exports = (name) => {
  if (Module.enableCompileCache === undefined) return load(name)
  Module.enableCompileCache()
  require(join(dist, `${name}.cjs`))
}
