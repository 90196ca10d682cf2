/**
 * Fields as kubectl's jsonpath names them, without braces: `status.phase`, `spec.containers[*].image`,
 * `status.conditions[?(@.type=="Ready")].status`, `metadata.labels['app.kubernetes.io/name']`.
 * Source: https://kubernetes.io/docs/reference/kubectl/jsonpath/
 */
type Step =
  | { readonly take: 'field'; readonly name: string }
  | { readonly take: 'index'; readonly index: number }
  | { readonly take: 'all' }
  | { readonly take: 'fitting'; readonly path: readonly Step[]; readonly equals: string }

const tokens: readonly { readonly pattern: RegExp; readonly step: (found: RegExpExecArray) => Step }[] = [
  { pattern: /^\.?\[\*\]|^\.\*/, step: () => ({ take: 'all' }) },
  { pattern: /^\[(-?\d+)\]/, step: ([, index]) => ({ take: 'index', index: Number(index) }) },
  { pattern: /^\['((?:[^'\\]|\\.)*)'\]/, step: ([, name = '']) => ({ take: 'field', name: name.replaceAll(/\\(.)/g, '$1') }) },
  {
    pattern: /^\[\?\(\s*@((?:\.[\w-]+)+)\s*==\s*(?:"([^"]*)"|'([^']*)'|([\w.-]+))\s*\)\]/,
    step: ([, path = '', double, single, bare]) => ({ take: 'fitting', path: parsePath(path), equals: double ?? single ?? bare ?? '' }),
  },
  // A dot in a name is escaped, as in labels.
  { pattern: /^\.?((?:[\w/-]|\\.)+)/, step: ([, name = '']) => ({ take: 'field', name: name.replaceAll(/\\(.)/g, '$1') }) },
]

/** @throws SyntaxError that says from where it cannot be read */
export function parsePath(text: string): readonly Step[] {
  const steps: Step[] = []
  for (let rest = text.trim(); rest !== '';) {
    const read = tokens.map(({ pattern, step }) => ({ found: pattern.exec(rest), step })).find(({ found }) => found)
    if (!read?.found) throw new SyntaxError(`the field "${text}" cannot be read from "${rest}" on`)
    steps.push(read.step(read.found))
    rest = rest.slice(read.found[0].length)
  }
  return steps
}

/** Every value that the path leads to. */
export function valuesAt(value: unknown, path: readonly Step[]): readonly unknown[] {
  return path.reduce<readonly unknown[]>((values, step) => values.flatMap((each) => take(each, step)), [value])
}

function take(value: unknown, step: Step): readonly unknown[] {
  if (typeof value !== 'object' || value === null) return []
  switch (step.take) {
    case 'field':
      return Object.hasOwn(value, step.name) ? [(value as Record<string, unknown>)[step.name]] : []
    case 'index':
      return Array.isArray(value) && value.length > 0 ? value.slice(step.index, step.index === -1 ? undefined : step.index + 1) : []
    case 'all':
      return Object.values(value)
    case 'fitting':
      return Object.values(value).filter((each) => valuesAt(each, step.path).some((one) => String(one) === step.equals))
  }
}
