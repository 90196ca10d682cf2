import type { CelEnvironment } from './cel.ts'

/**
 * Loops over a list's indexes and items, or a map's keys and values: `all`, `exists`, `existsOne`, `transformList`,
 * `transformMap`, each with two variables.
 * @see https://pkg.go.dev/github.com/google/cel-go/ext#TwoVarComprehensions
 */

/** What of the library's own types is needed here. */
interface Type {
  readonly kind: string
  readonly valueType?: Type
  readonly keyType?: Type
}
interface Node {
  readonly op: string
  readonly args: unknown
}
interface Context {
  forkWithVariable(name: string, type: Type): Context
  reuse(parent: Context): Context
  setIterValue(value: unknown, evaluator: Evaluator): Context
}
interface Checker {
  check(node: Node, context: Context): Type
  getType(name: string): Type
}
interface Evaluator {
  run(node: Node, context: Context): unknown
}
interface Call {
  readonly receiver: Node
  readonly args: readonly Node[]
}
interface Loop {
  first: Context | undefined
  second: Context | undefined
}

type Pairs = readonly (readonly [unknown, unknown])[]

interface Outcome {
  readonly type: string
  /** @param each what the body says of a pair; `filter` whether it counts */
  readonly of: (pairs: Pairs, each: (pair: Pairs[number]) => unknown, filter: (pair: Pairs[number]) => boolean) => unknown
}

const OUTCOMES: { readonly [name: string]: Outcome } = {
  all: { type: 'bool', of: (pairs, each) => pairs.every((pair) => each(pair) === true) },
  exists: { type: 'bool', of: (pairs, each) => pairs.some((pair) => each(pair) === true) },
  existsOne: { type: 'bool', of: (pairs, each) => pairs.filter((pair) => each(pair) === true).length === 1 },
  transformList: { type: 'list<dyn>', of: (pairs, each, filter) => pairs.filter(filter).map(each) },
  transformMap: {
    type: 'map<dyn, dyn>',
    of: (pairs, each, filter) => new Map(pairs.filter(filter).map((pair) => [pair[0], each(pair)])),
  },
}

export function addPairs(environment: CelEnvironment): void {
  for (const [name, outcome] of Object.entries(OUTCOMES)) {
    const expand = (call: Call) => macro(name, outcome, call)
    environment.registerFunction(`list.${name}(ast, ast, ast): ${outcome.type}`, expand)
    if (name.startsWith('transform')) environment.registerFunction(`list.${name}(ast, ast, ast, ast): ${outcome.type}`, expand)
  }
}

function macro(name: string, outcome: Outcome, { receiver, args }: Call): object {
  const [first, second, ...rest] = args
  const body = rest.at(-1)
  const filter = rest.length > 1 ? rest[0] : undefined
  if (first?.op !== 'id' || second?.op !== 'id' || !body) throw new Error(`${name}() variable name must be a simple identifier`)
  const loop: Loop = { first: undefined, second: undefined }
  return {
    async: false,
    typeCheck(checker: Checker, _macro: unknown, context: Context): Type {
      const over = checker.check(receiver, context)
      const key = over.kind === 'list' ? checker.getType('int') : (over.keyType ?? checker.getType('dyn'))
      loop.first = context.forkWithVariable(String(first.args), key)
      loop.second = loop.first.forkWithVariable(String(second.args), over.valueType ?? checker.getType('dyn'))
      if (filter) checker.check(filter, loop.second)
      checker.check(body, loop.second)
      return checker.getType(outcome.type)
    },
    evaluate(evaluator: Evaluator, _macro: unknown, context: Context): unknown {
      const run = (node: Node, [key, value]: Pairs[number]) => {
        const outer = loop.first?.reuse(context).setIterValue(key, evaluator) ?? context
        return evaluator.run(node, loop.second?.reuse(outer).setIterValue(value, evaluator) ?? outer)
      }
      return outcome.of(
        pairsOf(evaluator.run(receiver, context)),
        (pair) => run(body, pair),
        (pair) => !filter || run(filter, pair) === true,
      )
    },
  }
}

function pairsOf(value: unknown): Pairs {
  if (Array.isArray(value)) return value.map((item: unknown, index) => [BigInt(index), item] as const)
  if (value instanceof Map) return [...value] as Pairs
  return typeof value === 'object' && value !== null ? Object.entries(value) : []
}
