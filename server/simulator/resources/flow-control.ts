import { oneOf } from './admission-rules.ts'
import { child, children, ensure, integer, setDefaults, text } from './draft.ts'
import { forbidden, invalid, required, unsupported } from './field-error.ts'
import { label, subdomain } from './names.ts'
import type { KindBehaviour } from './behaviour.ts'
import type { FieldError } from './field-error.ts'
import type { Draft, StoredObject } from './object.ts'

/** Priority and fairness: stored and checked, not enforced. @see https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/apis/flowcontrol/validation/validation.go */

const VERBS = ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'proxy', 'update', 'watch']
const SUBJECTS: { readonly [kind: string]: 'group' | 'serviceAccount' | 'user' } = {
  Group: 'group',
  ServiceAccount: 'serviceAccount',
  User: 'user',
}
const HIGHEST_PRECEDENCE = 10_000
const DEFAULT_PRECEDENCE = 1000
const MOST_QUEUES = 10_000_000
const HASH_BITS = 60

const specOf = (object: StoredObject) => child(object as Draft, 'spec')
const texts = (value: Draft[string]) => (Array.isArray(value) ? value.map(String) : [])

export const flowSchema: KindBehaviour = {
  generation: true,
  defaults: (draft) => setDefaults(ensure(draft, 'spec'), { matchingPrecedence: DEFAULT_PRECEDENCE }),
  validate(object) {
    const spec = specOf(object)
    const precedence = integer(spec, 'matchingPrecedence') ?? 0
    const method = child(spec, 'distinguisherMethod')
    const level = text(child(spec, 'priorityLevelConfiguration'), 'name') ?? ''
    const wrong = (words: string) => [invalid('spec.matchingPrecedence', precedence, words)]
    const methods = ['ByNamespace', 'ByUser']
    const field = 'spec.priorityLevelConfiguration.name'
    return [
      ...(precedence <= 0 ? wrong('must be a positive value') : []),
      ...(precedence > HIGHEST_PRECEDENCE ? wrong(`must not be greater than ${HIGHEST_PRECEDENCE}`) : []),
      ...(precedence === 1 && object.metadata.name !== 'exempt'
        ? wrong("only the schema named 'exempt' may have matchingPrecedence 1")
        : []),
      ...(method && !methods.includes(text(method, 'type') ?? '')
        ? [unsupported('spec.distinguisherMethod.type', { Type: text(method, 'type') ?? '' }, methods)]
        : []),
      ...(level === ''
        ? [required(field, 'must reference a priority level')]
        : subdomain(level).map((words) => invalid(field, level, words))),
      ...children(spec, 'rules').flatMap((rule, index) => validateRule(rule, `spec.rules[${index}]`)),
    ]
  },
}

function validateRule(rule: Draft, field: string): FieldError[] {
  const subjects = children(rule, 'subjects')
  const [resources, paths] = [children(rule, 'resourceRules'), children(rule, 'nonResourceRules')]
  return [
    ...(subjects.length === 0 ? [required(`${field}.subjects`, 'subjects must contain at least one value')] : []),
    ...subjects.flatMap((subject, index) => validateSubject(subject, `${field}.subjects[${index}]`)),
    ...(resources.length + paths.length === 0
      ? [required(field, 'at least one of resourceRules and nonResourceRules has to be non-empty')]
      : []),
    ...resources.flatMap((one, index) => validateResourceRule(one, `${field}.resourceRules[${index}]`)),
    ...paths.flatMap((one, index) => validatePathRule(one, `${field}.nonResourceRules[${index}]`)),
  ]
}

function validateSubject(subject: Draft, field: string): FieldError[] {
  const kind = text(subject, 'kind') ?? ''
  const key = SUBJECTS[kind]
  if (key === undefined) return [unsupported(`${field}.kind`, kind, Object.keys(SUBJECTS))]
  const named = child(subject, key)
  const others = (['serviceAccount', 'user', 'group'] as const).filter((other) => other !== key && child(subject, other))
  const errors = named
    ? validateNamed(named, key, `${field}.${key}`)
    : [required(`${field}.${key}`, `${key} is required when subject kind is '${kind}'`)]
  return [
    ...errors,
    ...others.map((other) =>
      forbidden(`${field}.${other}`, `${other} is forbidden when subject kind is not '${other[0]?.toUpperCase()}${other.slice(1)}'`),
    ),
  ]
}

function validateNamed(named: Draft, key: string, field: string): FieldError[] {
  const name = text(named, 'name') ?? ''
  const namespace = text(named, 'namespace') ?? ''
  const errors = name === '' ? [required(`${field}.name`)] : []
  if (key !== 'serviceAccount') return errors
  if (name !== '' && name !== '*') errors.push(...subdomain(name).map((words) => invalid(`${field}.name`, name, words)))
  if (namespace === '') errors.push(required(`${field}.namespace`, 'must specify namespace for service account'))
  else errors.push(...label(namespace).map((words) => invalid(`${field}.namespace`, namespace, words)))
  return errors
}

/** A list with something in it, and with nothing else where it has everything. */
function validateList(rule: Draft, key: string, field: string, missing: string, others: string): FieldError[] {
  const list = texts(rule[key])
  if (list.length === 0) return [required(`${field}.${key}`, missing)]
  return list.length > 1 && list.includes('*')
    ? [invalid(`${field}.${key}`, list, `if '*' is present, must not specify other ${others}`)]
    : []
}

function validateVerbs(rule: Draft, field: string): FieldError[] {
  const verbs = texts(rule['verbs'])
  const errors = validateList(rule, 'verbs', field, 'verbs must contain at least one value', 'verbs')
  const unknown = !verbs.includes('*') && verbs.some((verb) => !VERBS.includes(verb))
  return unknown ? [...errors, unsupported(`${field}.verbs`, verbs, VERBS)] : errors
}

function validateResourceRule(rule: Draft, field: string): FieldError[] {
  const namespaces = texts(rule['namespaces'])
  const missing = 'resource rules that are not cluster scoped must supply at least one namespace'
  return [
    ...validateVerbs(rule, field),
    ...validateList(rule, 'apiGroups', field, 'resource rules must supply at least one api group', 'api groups'),
    ...validateList(rule, 'resources', field, 'resource rules must supply at least one resource', 'resources'),
    ...(namespaces.length === 0 && rule['clusterScope'] === true ? [] : validateList(rule, 'namespaces', field, missing, 'namespaces')),
    ...(namespaces.includes('*') ? [] : namespaces).flatMap((namespace, index) =>
      label(namespace).map((words) =>
        invalid(`${field}.namespaces[${index}]`, namespace, `each member of this list must be '*' or a DNS-1123 label; ${words}`),
      ),
    ),
  ]
}

function validatePathRule(rule: Draft, field: string): FieldError[] {
  const paths = texts(rule['nonResourceURLs'])
  const missing = 'nonResourceURLs must contain at least one value'
  return [
    ...validateVerbs(rule, field),
    ...validateList(rule, 'nonResourceURLs', field, missing, 'non-resource URLs'),
    ...(paths.includes('*') ? [] : paths).flatMap((path, index) => {
      const wrong = pathComplaint(path)
      return wrong === undefined ? [] : [invalid(`${field}.nonResourceURLs[${index}]`, path, wrong)]
    }),
  ]
}

function pathComplaint(path: string): string | undefined {
  if (path === '') return 'must not be empty'
  if (!path.startsWith('/')) return 'must start with slash'
  if (path.includes(' ')) return 'must not contain white-space'
  if (path.includes('//')) return 'must not contain double slash'
  const stars = path.split('*').length - 1
  return stars > 1 || (stars === 1 && !path.endsWith('/*')) ? 'wildcard can only do suffix matching' : undefined
}

export const priorityLevel: KindBehaviour = {
  generation: true,
  defaults(draft) {
    const spec = ensure(draft, 'spec')
    const exempt = spec['type'] === 'Exempt' ? ensure(spec, 'exempt') : undefined
    if (exempt) setDefaults(exempt, { nominalConcurrencyShares: 0, lendablePercent: 0 })
    const limited = child(spec, 'limited')
    if (!limited) return
    setDefaults(limited, { nominalConcurrencyShares: 30, lendablePercent: 0 })
    const queuing = child(child(limited, 'limitResponse'), 'queuing')
    if (!queuing) return
    for (const [key, value] of Object.entries({ queues: 64, handSize: 8, queueLengthLimit: 50 })) if (!queuing[key]) queuing[key] = value
  },
  validate(object) {
    const spec = specOf(object)
    const type = text(spec, 'type') ?? ''
    const limited = child(spec, 'limited')
    const types = ['Exempt', 'Limited']
    return [
      ...((object.metadata.name === 'exempt') !== (type === 'Exempt')
        ? [invalid('spec.type', type, "type must be 'Exempt' if and only if name is 'exempt'")]
        : []),
      ...oneOf('spec.type', type, types),
      ...(type === 'Exempt' && limited ? [forbidden('spec.limited', 'must be nil if the type is not Limited')] : []),
      ...(type === 'Limited' && child(spec, 'exempt') ? [forbidden('spec.exempt', 'must be nil if the type is Limited')] : []),
      ...(type === 'Limited' && !limited ? [required('spec.limited', 'must not be empty when type is Limited')] : []),
      ...(type === 'Limited' && limited ? validateLimited(limited) : []),
    ]
  },
}

function validateLimited(limited: Draft): FieldError[] {
  const field = 'spec.limited'
  const shares = integer(limited, 'nominalConcurrencyShares') ?? 0
  const percent = (key: string, most: number) => {
    const value = integer(limited, key)
    const range = most === 100 ? 'must be between 0 and 100, inclusive' : 'must be greater than or equal to 0'
    return value !== undefined && (value < 0 || value > most) ? [invalid(`${field}.${key}`, value, range)] : []
  }
  const response = child(limited, 'limitResponse')
  const type = text(response, 'type') ?? ''
  const queuing = child(response, 'queuing')
  const path = `${field}.limitResponse`
  return [
    ...(shares < 0 ? [invalid(`${field}.nominalConcurrencyShares`, shares, 'must be a non-negative integer')] : []),
    ...oneOf(`${path}.type`, type, ['Queue', 'Reject']),
    ...(type === 'Reject' && queuing ? [forbidden(`${path}.queuing`, 'must be nil if limited.limitResponse.type is not Limited')] : []),
    ...(type === 'Queue' && !queuing ? [required(`${path}.queuing`, 'must not be empty if limited.limitResponse.type is Limited')] : []),
    ...(type === 'Queue' && queuing ? validateQueuing(queuing, `${path}.queuing`) : []),
    ...percent('lendablePercent', 100),
    ...percent('borrowingLimitPercent', Infinity),
  ]
}

function validateQueuing(queuing: Draft, field: string): FieldError[] {
  const [limit = 0, queues = 0, hand = 0] = ['queueLengthLimit', 'queues', 'handSize'].map((key) => integer(queuing, key) ?? 0)
  // What choosing a hand from the deck takes.
  const bits = hand > 0 && hand <= queues ? Math.ceil(Math.log2(queues) * hand) : 0
  const positive = (key: string, value: number) => (value <= 0 ? [invalid(`${field}.${key}`, value, 'must be positive')] : [])
  const most = queues > MOST_QUEUES ? [invalid(`${field}.queues`, queues, `must not be greater than ${MOST_QUEUES}`)] : []
  const tooMuch = `required entropy bits of deckSize ${queues} and handSize ${hand} should not be greater than ${HASH_BITS}`
  return [
    ...positive('queueLengthLimit', limit),
    ...positive('queues', queues),
    ...most,
    ...positive('handSize', hand),
    ...(hand > queues ? [invalid(`${field}.handSize`, hand, `should not be greater than queues (${queues})`)] : []),
    ...(bits > HASH_BITS ? [invalid(`${field}.handSize`, hand, tooMuch)] : []),
  ]
}
