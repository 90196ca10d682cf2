import { baseOf, normalise } from '../files.ts'
import type { Command } from '../machine.ts'
import { patternToRegExp } from '../pattern.ts'
import { pathIn } from './options.ts'

const find: Command = async (run) => {
  const starts: string[] = []
  const tests = [...run.args]
  while (tests[0] !== undefined && !/^[-!(]/.test(tests[0])) starts.push(tests.shift() ?? '')
  const value = (name: string) => (tests.includes(name) ? tests[tests.indexOf(name) + 1] : undefined)
  const name = value('-name') ?? value('-iname')
  const matcher = name === undefined ? undefined : patternToRegExp(tests.includes('-iname') ? name.toLowerCase() : name)
  const type = value('-type')
  const depth = Number(value('-maxdepth') ?? 100)
  const exec = tests.indexOf('-exec')
  let status = 0
  const found: string[] = []
  const walk = async (path: string, shown: string, level: number): Promise<void> => {
    await run.process.breathe()
    const entry = run.machine.files.stat(path, false)
    if (!entry) {
      run.io.err.write(`find: ${shown}: No such file or directory\n`)
      status = 1
      return
    }
    const base = tests.includes('-iname') ? baseOf(path).toLowerCase() : baseOf(path)
    if ((!matcher || matcher.test(base)) && (!type || entry.kind.startsWith(type === 'l' ? 'link' : type))) found.push(shown)
    if (entry.kind !== 'directory' || level >= depth) return
    for (const child of run.machine.files.list(path))
      await walk(normalise(child, path), `${shown === '/' ? '' : shown}/${child}`, level + 1)
  }
  for (const start of starts.length > 0 ? starts : ['.']) await walk(pathIn(run, start), start, 0)
  if (exec < 0) {
    const end = tests.includes('-print0') ? '\0' : '\n'
    if (tests.includes('-delete')) for (const path of found.toReversed()) run.machine.files.remove(pathIn(run, path))
    else run.io.out.write(found.map((path) => path + end).join(''))
    return status
  }
  const end = tests.findIndex((word, index) => index > exec && (word === ';' || word === '+'))
  const words = tests.slice(exec + 1, end)
  if (tests[end] === '+') return run.spawn(words.flatMap((word) => (word === '{}' ? found : [word])))
  for (const path of found) await run.spawn(words.map((word) => word.replaceAll('{}', path)))
  return status
}

export const findingCommands: Record<string, Command> = { find }
