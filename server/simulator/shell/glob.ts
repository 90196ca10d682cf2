import type { Expander } from './expand.ts'
import type { Field } from './fields.ts'
import { baseOf, FileError, normalise } from './files.ts'
import { hasPattern, patternToRegExp } from './pattern.ts'

/** Fields with the names of files in place of patterns that match some. */
export function glob(fields: readonly Field[], shell: Expander): string[] {
  return fields.flatMap((field) => {
    if (field.pattern === undefined || shell.options.has('f')) return [field.text]
    const matches = matchingPaths(field.pattern, shell)
    return matches.length > 0 ? matches : shell.options.has('nullglob') ? [] : [field.text]
  })
}

function matchingPaths(pattern: string, shell: Expander): string[] {
  const absolute = pattern.startsWith('/')
  let found = [absolute ? '/' : '']
  for (const part of pattern.split('/').filter((each) => each !== '')) {
    const whole = patternToRegExp(part)
    found = found.flatMap((head) => {
      const directory = normalise(head, shell.cwd)
      const joined = (name: string) => (head === '' || head.endsWith('/') ? head + name : `${head}/${name}`)
      if (!hasPattern(part)) return shell.files.stat(normalise(joined(part), shell.cwd)) ? [joined(part)] : []
      if (shell.files.stat(directory)?.kind !== 'directory') return []
      const shown = (name: string) => part.startsWith('.') || shell.options.has('dotglob') || !name.startsWith('.')
      return listed(directory, shell)
        .filter((name) => whole.test(name) && shown(name))
        .map(joined)
    })
  }
  return found.filter((path) => baseOf(path) !== '' || path === '/')
}

function listed(directory: string, shell: Expander): readonly string[] {
  try {
    return shell.files.list(directory)
  } catch (error) {
    if (error instanceof FileError) return []
    throw error
  }
}
