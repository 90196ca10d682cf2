import { findSome, type ToolName } from './find-tools.ts'
import { thisMachine, waysToGet } from './fetch-tool.ts'
import { buildClient, clientIsBuilt, dependenciesAreInstalled, hasClient, installDependencies, makeToolsFolder } from './project.ts'
import { onPath } from './machine.ts'
import { sayOnStderr, step, StepFailed } from './progress.ts'

/** What a command needs before it can start. A tool that cannot be had is said and never stops it. */
export interface Needs {
  readonly dependencies: boolean
  readonly client: boolean
  readonly tools: readonly ToolName[]
}

const WORKSHOP: readonly ToolName[] = ['kubectl', 'prometheus', 'bubblewrap', 'socat', 'editor']

const NEEDS: Readonly<Record<string, Needs>> = {
  present: { dependencies: true, client: true, tools: WORKSHOP },
  replay: { dependencies: true, client: true, tools: [] },
  simulate: { dependencies: true, client: false, tools: [] },
  rehearse: { dependencies: true, client: false, tools: WORKSHOP },
  export: { dependencies: true, client: true, tools: [...WORKSHOP, 'chromium'] },
  doctor: { dependencies: false, client: false, tools: [] },
  check: { dependencies: true, client: false, tools: [] },
  test: { dependencies: true, client: true, tools: [...WORKSHOP, 'chromium', 'iproute2', 'vmagent', 'promtool'] },
  conformance: { dependencies: true, client: false, tools: ['kubectl'] },
  bench: { dependencies: true, client: true, tools: WORKSHOP },
}

/** What to make ready for a command with these arguments; asking for help needs no tools. */
export function needsOf(command: string, args: readonly string[]): Needs {
  const needs = NEEDS[command] ?? { dependencies: true, client: false, tools: [] }
  if (args.includes('--help') || args.includes('-h')) return { ...needs, client: false, tools: [] }
  return command === 'export' ? { ...needs, tools: needs.tools.filter((tool) => isUsed(tool, args)) } : needs
}

/** Of an export's tools, Chromium prints and all others rehearse. */
function isUsed(tool: ToolName, args: readonly string[]): boolean {
  if (tool === 'chromium') return args.some((arg) => arg === '--pdf' || arg.startsWith('--pdf='))
  return !args.includes('--no-rehearsal')
}

/**
 * Makes this machine ready for a command, saying each step that takes time and nothing when all is there.
 * @returns false when the command cannot start; the person has been told why
 */
export async function prepare(command: string, args: readonly string[]): Promise<boolean> {
  const needs = needsOf(command, args)
  const stopListening = onInterrupt()
  const tools = toolsFor(needs.tools)
  try {
    await makeToolsFolder()
    if (needs.dependencies && !dependenciesAreInstalled()) await step('Packages: npm ci', installDependencies)
    if (needs.client && hasClient() && !(await clientIsBuilt())) await step('Pages: building the client', buildClient)
    await tools
    return true
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    sayOnStderr(error instanceof StepFailed ? `✗ ${why}` : `✗ This machine could not be made ready: ${why}`)
    return false
  } finally {
    stopListening()
  }
}

/** apt-get keeps a lock, so tools are fetched one after another; they and npm do not wait for each other. */
async function toolsFor(names: readonly ToolName[]): Promise<void> {
  const found = await findSome(names)
  const missing = names.filter((name) => !found[name].found)
  if (missing.length === 0) return
  await makeToolsFolder()
  // One package may bring two of them.
  for (const name of missing) if (!(await findSome([name]))[name].found) await getTool(name)
}

async function getTool(name: ToolName): Promise<void> {
  // A sandbox that is there but forbidden is not mended by installing it again.
  const ways = name === 'bubblewrap' && onPath('bwrap').length > 0 ? [] : waysToGet(name, thisMachine())
  for (const way of ways) {
    const failure = await step(way.title, way.work).then(
      () => undefined,
      (error: unknown) => error,
    )
    if (failure !== undefined && !(failure instanceof StepFailed)) throw failure
    if (failure) sayOnStderr(`✗ ${name}: ${failure.message}.`)
    else if ((await findSome([name]))[name].found) return
  }
  const finding = (await findSome([name]))[name]
  if (!finding.found) sayOnStderr(`! ${name} is missing (${finding.why}). ${finding.howToGet}`)
}

/** Until the command itself listens, an interrupt ends the preparation; the programs it started get it too. */
function onInterrupt(): () => void {
  const end = (): never => process.exit(130)
  process.on('SIGINT', end)
  process.on('SIGTERM', end)
  return () => {
    process.off('SIGINT', end)
    process.off('SIGTERM', end)
  }
}
