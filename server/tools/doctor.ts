import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { findTools, type ToolFinding, type ToolName } from './find-tools.ts'
import { waysToGet, thisMachine } from './fetch-tool.ts'
import { PLATFORM, ROOT } from './machine.ts'
import { clientIsBuilt, dependenciesAreInstalled } from './project.ts'

interface Row {
  readonly tool: string
  readonly state: 'ok' | 'missing' | 'missing, optional' | 'later'
  readonly version: string
  readonly path: string
  readonly note: string
}

/** What each tool is for, and whether a workshop can do without it. */
const TOOLS: Readonly<Record<ToolName, { readonly needed: boolean; readonly for: string }>> = {
  kubectl: { needed: true, for: 'every command of the workshop' },
  prometheus: { needed: true, for: 'charts' },
  bubblewrap: { needed: false, for: 'isolated shells; --share needs it' },
  socat: { needed: false, for: 'isolated shells; --share needs it' },
  editor: { needed: false, for: 'kubectl edit' },
  chromium: { needed: false, for: 'browser tests, PDF export' },
  iproute2: { needed: false, for: 'browser tests over a network' },
  vmagent: { needed: false, for: 'the test of service discovery' },
  promtool: { needed: false, for: 'tests of metrics pages' },
}

export function rowFor(tool: ToolName, finding: ToolFinding, waysOfOurOwn: number): Row {
  if (finding.found) return { tool, state: 'ok', version: finding.version, path: finding.path, note: TOOLS[tool].for }
  const note = waysOfOurOwn > 0 ? `${finding.why}; npm start gets it, or: ${finding.howToGet}` : `${finding.why}; ${finding.howToGet}`
  return {
    tool,
    state: TOOLS[tool].needed ? 'missing' : 'missing, optional',
    version: '',
    path: '',
    note: `For ${TOOLS[tool].for}: ${note}`,
  }
}

/** Columns as wide as their widest cell; the last one runs free. */
export function table(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)))
  return rows
    .map((row) =>
      row
        .map((cell, column) => (column === row.length - 1 ? cell : cell.padEnd(widths[column] ?? 0)))
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}

async function projectRows(): Promise<Row[]> {
  const packages = dependenciesAreInstalled()
  const pages = await clientIsBuilt()
  return [
    { tool: 'node', state: 'ok', version: process.versions.node, path: process.execPath, note: PLATFORM },
    {
      tool: 'packages',
      state: packages ? 'ok' : 'later',
      version: '',
      path: join(ROOT, 'node_modules'),
      note: packages ? '' : 'npm start runs npm ci',
    },
    { tool: 'pages', state: pages ? 'ok' : 'later', version: '', path: join(ROOT, 'dist'), note: pages ? '' : 'npm start builds them' },
  ].filter((row): row is Row => existsSync(row.path) || row.state !== 'ok')
}

/** Prints what is there, what is missing and how to get it. @returns whether a workshop can start as it is */
export async function doctor(print: (text: string) => void): Promise<boolean> {
  const tools = await findTools()
  const names = Object.keys(TOOLS) as ToolName[]
  const rows = [...(await projectRows()), ...names.map((name) => rowFor(name, tools[name], waysToGet(name, thisMachine()).length))]
  print(
    `${table([['TOOL', 'STATE', 'VERSION', 'PATH', 'NOTE'], ...rows.map((row) => [row.tool, row.state, row.version, row.path, row.note])])}\n`,
  )
  return rows.every((row) => row.state !== 'missing')
}

if (import.meta.filename === process.argv[1]) {
  process.exitCode = (await doctor((text) => process.stdout.write(text))) ? 0 : 1
}
