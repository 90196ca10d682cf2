import { builtins } from './builtins.ts'
import type { Shell } from './interpreter.ts'
import { baseOf, normalise } from './files.ts'

/** What the last word of `text` could become: commands first, then paths. */
export function completions(text: string, shell: Shell): { readonly word: string; readonly options: readonly string[] } {
  const word = /(?:^|[\s;|&])([^\s;|&]*)$/.exec(text)?.[1] ?? ''
  const first = /(^|[;|&]\s*)$/.test(text.slice(0, text.length - word.length).replace(/\s+$/, ''))
  if (first && !word.includes('/')) {
    const names = new Set([...shell.machine.programs, ...builtins.keys(), ...shell.functions.keys()])
    return { word, options: [...names].filter((name) => name.startsWith(word) && /^\w/.test(name)).toSorted() }
  }
  const slash = word.lastIndexOf('/')
  const directory = normalise(slash < 0 ? '.' : word.slice(0, slash + 1) || '/', shell.cwd)
  if (shell.files.stat(directory)?.kind !== 'directory') return { word, options: [] }
  const base = baseOf(word)
  const options = shell.files
    .list(directory)
    .filter((name) => name.startsWith(base) && (base !== '' || !name.startsWith('.')))
    .map((name) => word.slice(0, slash + 1) + name + (shell.files.stat(`${directory}/${name}`)?.kind === 'directory' ? '/' : ''))
  return { word, options }
}
