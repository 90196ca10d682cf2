import { execFile, type ChildProcess, type ExecFileException } from 'node:child_process'
import { constants, accessSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The project's folder, and what is fetched for it. */
export const ROOT = fileURLToPath(new URL('../../', import.meta.url))
export const TOOLS = join(ROOT, '.tools')

export type Platform = 'linux-x64' | 'linux-arm64' | 'darwin-x64' | 'darwin-arm64' | (string & {})
export const PLATFORM: Platform = `${process.platform}-${process.arch}`

/** What to take away when this process ends in the middle of a step. */
const unfinished = { programs: new Set<ChildProcess>(), folders: new Set<string>() }

process.once('exit', () => {
  for (const program of unfinished.programs) program.kill()
  for (const folder of unfinished.folders) rmSync(folder, { recursive: true, force: true })
})

export interface Ran {
  readonly ok: boolean
  readonly stdout: string
  readonly stderr: string
}

/** Runs a program to its end and never throws: a program that is missing is one that failed. */
export function run(
  file: string,
  args: readonly string[],
  options: { cwd?: string; timeoutMs?: number; env?: NodeJS.ProcessEnv } = {},
): Promise<Ran> {
  return new Promise((resolve) => {
    const child = execFile(
      file,
      [...args],
      { cwd: options.cwd ?? ROOT, timeout: options.timeoutMs ?? 0, env: options.env ?? process.env, maxBuffer: 64 << 20 },
      (error: ExecFileException | null, stdout, stderr) => {
        unfinished.programs.delete(child)
        resolve({ ok: error === null, stdout, stderr: stderr || (error?.message ?? '') })
      },
    )
    unfinished.programs.add(child)
    child.stdin?.end()
  })
}

/** A folder under `.tools/` for something half done; gone when the work is, whatever happens. */
export async function inPartialFolder<T>(work: (folder: string) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(TOOLS, 'fetching-'))
  unfinished.folders.add(folder)
  try {
    return await work(folder)
  } finally {
    rmSync(folder, { recursive: true, force: true })
    unfinished.folders.delete(folder)
  }
}

/** Every executable of this name on PATH, in its order. */
export function onPath(name: string, path: string = process.env['PATH'] ?? ''): string[] {
  return path
    .split(delimiter)
    .filter((folder) => folder !== '')
    .map((folder) => join(folder, name))
    .filter(isExecutable)
}

export function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK)
    return true
  } catch {
    return false
  }
}

export const isRoot = (): boolean => process.getuid?.() === 0

/** Whether packages of Debian's kind can be had here: Debian, Ubuntu and their relatives. */
export const hasApt = (): boolean => existsSync('/etc/debian_version') && onPath('apt-get').length > 0 && onPath('dpkg').length > 0

/** The first `1.2.3` (or `1.2`) in a text. */
export function versionIn(text: string): string | undefined {
  return /\d+\.\d+(?:\.\d+)?/.exec(text)?.[0]
}

/** Whether a version, compared number by number, is the minimum or newer. */
export function isAtLeast(version: string, minimum: string): boolean {
  const wanted = minimum.split('.').map(Number)
  const given = version.split('.').map(Number)
  for (const [index, part] of wanted.entries()) {
    const mine = given[index] ?? 0
    if (mine !== part) return mine > part
  }
  return true
}

/** A program's complaint in one line, without the addresses of anybody's registry or mirror. */
export function lastWords(output: string): string {
  const lines = output.split('\n').map((line) => line.replace(/^(npm (error|warn)|[EW]:)\s*/i, '').trim())
  const said = lines.filter((line) => line !== '' && !/complete log|A complete/.test(line))
  return withoutAddresses(said.at(-1) ?? 'it said nothing').slice(0, 200)
}

export const withoutAddresses = (text: string): string => text.replace(/https?:\/\/\S+/g, '(address)')

export function readText(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return undefined
  }
}
