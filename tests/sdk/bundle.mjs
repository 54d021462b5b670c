// Bundle a page for a test: node bundle.mjs PAGE OUTPUT. React comes from the web page's packages.
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../../', import.meta.url))
const require = createRequire(`${root}frontend/package.json`)
const { rolldown } = await import(require.resolve('rolldown').replace('index.cjs', 'index.mjs'))
const alias = Object.fromEntries(
  ['react-dom/client', 'react'].map((name) => [name, require.resolve(name)]),
)
const bundle = await rolldown({
  input: process.argv[2],
  resolve: { alias },
  transform: { define: { 'process.env.NODE_ENV': '"production"' } },
})
await bundle.write({ file: process.argv[3], format: 'esm' })
