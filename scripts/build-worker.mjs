// Builds what runs inside the users' workers: one CommonJS file that `require` and `import` share (so that a program that
// does both has one inbox and one shutdown), the preload on top of it, and their types, once for each kind of module.
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { join, resolve } from 'node:path'
import { build } from 'esbuild'
import ts from 'typescript'

const room = 'src/worker'
const face = 'main.ts'

export async function buildWorker(common, outdir) {
  const options = { ...common, format: 'cjs', outExtension: { '.js': '.cjs' }, minifyWhitespace: true, minifySyntax: true }
  await Promise.all([
    build({ ...options, entryPoints: { worker: join(room, face) } }),
    build({ ...options, entryPoints: { preload: join(room, 'preload.ts') }, plugins: [{
      name: 'one-worker',
      setup({ onResolve }) {
        onResolve({ filter: /^\.\/main\.ts$/ }, () => ({ path: './worker.cjs', external: true }))
      },
    }] }),
    buildTypes(outdir),
  ])
  const names = Object.keys(createRequire(import.meta.url)(resolve(outdir, 'worker.cjs'))).sort()
  await writeFile(join(outdir, 'worker.js'), `import worker from './worker.cjs'\nexport const { ${names.join(', ')} } = worker\n`)
}

/** File by file, without a type check (`npm run types` does that): whatever the face leads to. */
async function buildTypes(outdir) {
  const texts = new Map()
  for (const todo = [join(room, face)]; todo.length > 0;) {
    const path = todo.pop()
    if (texts.has(path)) continue
    const text = declarationOf(path, await readFile(path, 'utf8'))
    texts.set(path, text)
    for (const [, target] of text.matchAll(/from '(\.[^']*)\.js'/g)) todo.push(join(path, '..', `${target}.ts`))
  }
  for (const [folder, type] of [['esm', 'module'], ['cjs', 'commonjs']]) {
    const root = join(outdir, 'types', folder)
    for (const [path, text] of texts) {
      const to = join(root, path.replace(/^src\//, '').replace(/\.ts$/, '.d.ts'))
      await mkdir(join(to, '..'), { recursive: true })
      await writeFile(to, text)
    }
    await writeFile(join(root, 'package.json'), `${JSON.stringify({ type })}\n`)
  }
}

function declarationOf(fileName, text) {
  const { outputText, diagnostics = [] } = ts.transpileDeclaration(text, {
    fileName,
    reportDiagnostics: true,
    compilerOptions: { target: ts.ScriptTarget.ES2023, module: ts.ModuleKind.NodeNext, strict: true, isolatedDeclarations: true },
  })
  const [first] = diagnostics
  if (first !== undefined) throw new Error(`${fileName}: ${ts.flattenDiagnosticMessageText(first.messageText, '\n')}`)
  return outputText.replaceAll(/(from ')(\.[^']*)\.ts'/g, "$1$2.js'")
}
