import { globSync, readFileSync } from 'node:fs'
import { join, posix } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'

/**
 * The rules that hold the house up. Imports only go down:
 *
 *     server:  cli → main → http → features → protocol → kernel
 *     client:  main → pages → features → ui, net → server/protocol, server/kernel
 *
 * Features never import each other: `main.ts` hands them what they need.
 */
interface Room {
  /** The folder, or the one file, this is about. The longest that fits a file counts. */
  readonly path: string
  /** Where its files may import from, besides the room itself. */
  readonly from: readonly string[]
  /** npm packages it may use; `undefined` leaves it to the doors below. */
  readonly packages?: readonly string[]
  /** Whether Node's own modules are within its reach. */
  readonly node: boolean
}

const FLOOR = ['server/kernel', 'server/protocol']
const SERVER_FEATURES = [
  'deck',
  'clusters',
  'clusters/simulated',
  'terminals',
  'metrics',
  'checks',
  'drawings',
  'classroom',
  'recordings',
  'rehearsal',
  'export',
  'tools',
].map((each) => `server/${each}`)
const WITH_MORE_TO_SAY = ['server/clusters/simulated', 'server/tools']
const CLIENT_FEATURES = ['slides', 'terminals', 'charts', 'cluster', 'classroom', 'replay'].map((each) => `client/${each}`)

const ROOMS: readonly Room[] = [
  // The floor under both sides runs anywhere: neither Node nor a browser.
  { path: 'server/kernel', from: [], packages: ['zod', 're2js'], node: false },
  { path: 'server/protocol', from: ['server/kernel'], packages: ['zod'], node: false },
  // Kubernetes in one process, which takes time, randomness, signing and hashing as arguments.
  {
    path: 'server/simulator',
    from: ['server/kernel'],
    packages: ['@marcbachmann/cel-js', '@noble/hashes', 'croner', 'fflate', 'unbash', 'yaml', 'zod'],
    node: false,
  },

  ...SERVER_FEATURES.filter((path) => !WITH_MORE_TO_SAY.includes(path)).map((path) => ({ path, from: FLOOR, node: true })),
  // The one room whose purpose is to house the simulator.
  { path: 'server/clusters/simulated', from: [...FLOOR, 'server/clusters', 'server/simulator'], node: true },
  // Runs before `npm ci` has.
  { path: 'server/tools', from: ['server/kernel'], packages: [], node: true },

  { path: 'server/http', from: [...SERVER_FEATURES, 'server/simulator', ...FLOOR], node: true },
  // cli.ts, main.ts, config.ts and what else puts the rooms together.
  { path: 'server', from: [...SERVER_FEATURES, 'server/http', 'server/simulator', ...FLOOR], node: true },

  { path: 'client/ui', from: FLOOR, node: false },
  { path: 'client/net', from: FLOOR, node: false },
  ...CLIENT_FEATURES.map((path) => ({ path, from: ['client/ui', 'client/net', ...FLOOR], node: false })),
  { path: 'client/pages', from: [...CLIENT_FEATURES, 'client/ui', 'client/net', ...FLOOR], node: false },
  { path: 'client', from: ['client/pages', ...CLIENT_FEATURES, 'client/ui', 'client/net', ...FLOOR], node: false },

  // Drives the product from outside, through what a person or a program sees of it.
  { path: 'e2e', from: ['e2e/bench', 'server/tools', ...FLOOR], node: true },
  // Measures clusters without the server around them, and what a Prometheus keeps of them.
  {
    path: 'e2e/bench',
    from: [
      'e2e',
      'server',
      'server/checks',
      'server/clusters',
      'server/clusters/simulated',
      'server/metrics',
      'server/simulator',
      'server/tools',
      ...FLOOR,
    ],
    node: true,
  },
  { path: 'slides', from: ['server/deck', ...FLOOR], node: true },
  { path: 'vite.config.ts', from: [], packages: ['vite'], node: true },
  { path: 'vitest.config.ts', from: [], packages: ['vitest'], node: true },
  { path: 'playwright.config.ts', from: ['e2e'], packages: ['@playwright/test'], node: true },
]

/** A heavy dependency has one door: only these files import it, all others import them. */
const DOORS: Readonly<Record<string, readonly string[]>> = {
  'node-pty': ['server/terminals/pty.ts'],
  'ws': ['server/http/web-socket.ts'],
  '@hono/node-server': ['server/http/app.ts', 'server/http/server.ts'],
  '@peculiar/x509': ['server/clusters/simulated/certificates.ts'],
  'unified': ['server/deck/markdown.ts'],
  'rehype-*': ['server/deck/languages.ts', 'server/deck/markdown.ts'],
  'parse5': ['server/deck/html-tree.ts'],
  'hast-util-from-parse5': ['server/deck/html-tree.ts'],
  '@marcbachmann/cel-js': ['server/simulator/custom/cel.ts'],
  '@noble/hashes': ['server/simulator/shell/digest.ts'],
  'fflate': ['server/simulator/shell/compression.ts'],
  're2js': ['server/kernel/pattern.ts'],
  'croner': ['server/simulator/controllers/batch/schedule.ts'],
  'unbash': ['server/deck/commands.ts', 'server/simulator/shell/parser.ts'],
  'reveal.js': ['client/slides/reveal.ts'],
  '@xterm/*': ['client/terminals/screen.ts'],
  'pbf': ['server/metrics/remote-write.ts'],
  'snappyjs': ['server/metrics/remote-write.ts'],
  // The second stands for it in an exported deck.
  'mermaid': ['client/slides/mermaid.ts', 'client/slides/mermaid-beside.ts'],
  'uplot': ['client/charts/plot.ts'],
  '@cantoo/pdf-lib': ['server/export/join-pdf.ts'],
  'playwright-core': ['server/export/printer.ts'],
}

/** Tools that load their configuration ask for a default export. */
const TOOL_CONFIGURATION = /^[a-z]+\.config\.ts$/

interface Source {
  readonly file: string
  readonly text: string
}

describe('the house', () => {
  const sources = readSources()

  it('has its source files where they are looked for', () => {
    expect(sources.map(({ file }) => file)).toContain('server/kernel/user-error.ts')
  })

  it.each(ROOMS.map((room) => [room.path, room] as const))('%s imports only from where it may', (_, room) => {
    const inside = sources.filter(({ file }) => roomOf(file) === room)
    expect(inside.flatMap((source) => wrongImports(source, room))).toEqual([])
  })

  it.each(Object.entries(DOORS))('%s has one door: %s', (name, doors) => {
    const users = sources.filter((source) => packagesOf(source).some((each) => fits(each, name)) && !isTest(source.file))
    expect(users.map(({ file }) => file).filter((file) => !doors.includes(file))).toEqual([])
  })

  it('has a room for every file', () => {
    expect(sources.map(({ file }) => file).filter((file) => roomOf(file) === undefined)).toEqual([])
  })

  it('has neither barrels, nor default exports, nor a drawer called utils', () => {
    expect(sources.flatMap(badHabits)).toEqual([])
  })
})

describe('these rules', () => {
  const complaints = (file: string, text: string): string[] => {
    const room = roomOf(file)
    return room ? [...wrongImports({ file, text }, room), ...badHabits({ file, text })] : ['no room']
  }

  it('notice a feature that imports another', () => {
    expect(complaints('server/deck/a.ts', "import { b } from '../metrics/b.ts'")).toEqual(['server/deck/a.ts imports server/metrics/b.ts'])
  })

  it('notice an import that goes up, also of a type, also a lazy one, also when it is passed on', () => {
    expect(complaints('server/kernel/a.ts', "import type { B } from '../protocol/b.ts'")).toHaveLength(1)
    expect(complaints('server/kernel/a.ts', "const b = await import('../main.ts')")).toHaveLength(1)
    expect(complaints('client/ui/a.ts', "export { B } from '../pages/b.ts'")).not.toHaveLength(0)
    expect(complaints('client/ui/a.ts', 'import {\n  b,\n  c,\n} from "../pages/b.ts"')).toHaveLength(1)
  })

  it('notice Node on the floor and a package in the tools', () => {
    expect(complaints('server/simulator/a.ts', "import { join } from 'node:path'")).toEqual(['server/simulator/a.ts imports node:path'])
    expect(complaints('server/tools/a.ts', "import { z } from 'zod'")).toEqual(['server/tools/a.ts imports zod'])
  })

  it('notice a barrel, a default export and a drawer called utils', () => {
    expect(complaints('server/deck/a.ts', "export * from './b.ts'")).toEqual(['server/deck/a.ts is a barrel'])
    expect(complaints('server/deck/a.ts', 'export default 1')).toEqual(['server/deck/a.ts has a default export'])
    expect(complaints('server/deck/utils.ts', '')).toEqual(['server/deck/utils.ts has a name that says nothing'])
  })

  it('let through what goes down', () => {
    expect(complaints('client/pages/a.tsx', "import { B } from '../../server/protocol/b.ts'\nimport '../ui/a.css'")).toEqual([])
  })
})

function readSources(): Source[] {
  const root = fileURLToPath(new URL('..', import.meta.url))
  return globSync(['server/**/*.ts', 'client/**/*.{ts,tsx}', 'e2e/**/*.ts', 'slides/**/*.ts', '*.ts'], { cwd: root }).map((file) => ({
    file: file.replaceAll('\\', '/'),
    text: readFileSync(join(root, file), 'utf8'),
  }))
}

function roomOf(file: string): Room | undefined {
  const fitting = ROOMS.filter(({ path }) => file === path || file.startsWith(`${path}/`))
  return fitting.toSorted((a, b) => b.path.length - a.path.length)[0]
}

/** A test may reach for Node and vitest wherever it is, and set the rooms beside its own to work. */
function wrongImports(source: Source, room: Room): string[] {
  if (isTest(source.file)) return []
  return importsOf(source)
    .filter((target) => !isAllowed(target, room))
    .map((target) => `${source.file} imports ${target.name}`)
}

function isAllowed(target: Import, room: Room): boolean {
  if (target.kind === 'node') return room.node
  if (target.kind === 'package') return room.packages?.includes(target.name) ?? true
  const there = roomOf(target.name)
  return there === room || (there !== undefined && room.from.includes(there.path))
}

interface Import {
  readonly kind: 'file' | 'package' | 'node'
  readonly name: string
}

function importsOf({ file, text }: Source): Import[] {
  const specifiers = text.matchAll(/(?:^|\n)\s*(?:import|export)\b[^'"`;]*?\bfrom\s*['"]([^'"]+)['"]|\bimport\s*\(?\s*['"]([^'"]+)['"]/g)
  return [...specifiers].map(([, from, bare]) => {
    const specifier = (from ?? bare ?? '').replace(/\?.*$/, '')
    if (specifier.startsWith('node:')) return { kind: 'node', name: specifier }
    if (specifier.startsWith('.')) return { kind: 'file', name: posix.join(posix.dirname(file), specifier) }
    return { kind: 'package', name: packageName(specifier) }
  })
}

const packagesOf = (source: Source): string[] =>
  importsOf(source)
    .filter(({ kind }) => kind === 'package')
    .map(({ name }) => name)

const packageName = (specifier: string): string =>
  specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/')

const fits = (name: string, pattern: string): boolean => (pattern.endsWith('*') ? name.startsWith(pattern.slice(0, -1)) : name === pattern)

const isTest = (file: string): boolean => /\.(test|spec|test-support)\.tsx?$/.test(file)

function badHabits({ file, text }: Source): string[] {
  return [
    ...(/^export \*/m.test(text) ? [`${file} is a barrel`] : []),
    ...(/^export default\b/m.test(text) && !TOOL_CONFIGURATION.test(file) ? [`${file} has a default export`] : []),
    ...(/(^|\/)(utils?|helpers?|common|misc|index)\.tsx?$/.test(file) ? [`${file} has a name that says nothing`] : []),
  ]
}
