// import() for the bundles of dist/: code that V8 has kept compiled (load.cjs) has none of its own in Node 20.
module.exports = (specifier) => import(specifier)
