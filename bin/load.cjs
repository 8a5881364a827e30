// Loads the master's bundle. Newer Nodes keep what V8 has compiled of it; for Node 20 the build leaves the same beside
// it, a third of the time of a start. Another version of V8 refuses that, and compiles as ever.
const { readFileSync, writeFileSync } = require('node:fs')
const Module = require('node:module')
const { dirname, join } = require('node:path')
const { constants, Script } = require('node:vm')

const filename = join(__dirname, '../dist/nsupd.cjs')
const kept = join(__dirname, '../dist/nsupd.v8')

function readKept() {
  try {
    return readFileSync(kept)
  } catch {
    return undefined // not built with this Node
  }
}

function load() {
  const script = new Script(Module.wrap(readFileSync(filename, 'utf8')), {
    filename,
    cachedData: readKept(),
    importModuleDynamically: constants.USE_MAIN_CONTEXT_DEFAULT_LOADER,
  })
  // The build runs a master once with this set: what it needed is compiled by then.
  if (process.env.NSUP_KEEP_COMPILED === '1') process.once('exit', () => writeFileSync(kept, script.createCachedData()))
  const module = { exports: {} }
  script.runInThisContext()(module.exports, Module.createRequire(filename), module, filename, dirname(filename))
}

if (Module.enableCompileCache === undefined) {
  load()
} else {
  Module.enableCompileCache()
  require(filename)
}
