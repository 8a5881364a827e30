// Builds what runs inside the users' workers: the SDK for `import` and for `require`, the preload, and the types, once for
// each kind of module. Each file stands alone (a bundler can take it in), but whichever comes first in a process lends its
// parts to the others: a program that loads two of them has one shutdown and one inbox all the same.
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { build } from 'esbuild'
import ts from 'typescript'

const { version } = JSON.parse(await readFile('package.json', 'utf8'))
const room = 'src/worker'
const face = 'main.ts'

export async function buildWorker(common, outdir) {
  const { metafile } = await build({ ...common, entryPoints: [join(room, face)], format: 'esm', write: false, metafile: true })
  const names = Object.values(metafile.outputs).flatMap(({ exports }) => exports).sort()
  const text = `import * as own from './${face}'
const shared = (globalThis[Symbol.for('nsup/worker ${version}')] ??= own)
export const { ${names.join(', ')} } = shared`
  const shared = { contents: text, resolveDir: resolve(room), loader: 'ts' }
  // Node prints the line that has thrown: an option that is wrong must not be lost behind all of the SDK in one line.
  const small = { ...common, minifyWhitespace: true, minifySyntax: true, lineLimit: 120 }
  const toShared = {
    name: 'shared-worker',
    setup({ onResolve, onLoad }) {
      onResolve({ filter: /^\.\/main\.ts$/ }, ({ importer }) => (importer.endsWith('preload.ts') ? { path: 'shared', namespace: 'worker' } : undefined))
      onLoad({ filter: /./, namespace: 'worker' }, () => shared)
    },
  }
  const { outdir: _, ...inOneFile } = small
  await Promise.all([
    build({ ...inOneFile, stdin: shared, format: 'esm', outfile: join(outdir, 'worker.js') }),
    build({ ...inOneFile, stdin: shared, format: 'cjs', outfile: join(outdir, 'worker.cjs') }),
    build({ ...inOneFile, entryPoints: [join(room, 'preload.ts')], plugins: [toShared], format: 'cjs', outfile: join(outdir, 'preload.cjs') }),
    buildTypes(outdir),
  ])
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
