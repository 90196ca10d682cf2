import { child, children, draftOf, text } from './draft.ts'
import { duplicate, forbidden, invalid, required, tooLong, unsupported } from './field-error.ts'
import { label, subdomain } from './names.ts'
import type { KindBehaviour } from './behaviour.ts'
import type { FieldError } from './field-error.ts'
import type { Draft, JsonObject, StoredObject } from './object.ts'

const PEM = /^-----BEGIN CERTIFICATE REQUEST-----\n[\s\S]*-----END CERTIFICATE REQUEST-----\s*$/
const SHORTEST_SECONDS = 600
const LONGEST_DOMAIN = 253
/** Conditions that, once there, stay, and that nobody can say the opposite of. */
const DECISIONS = ['Approved', 'Denied', 'Failed']
const STATUSES = ['False', 'True', 'Unknown']
const USAGES = [
  'any',
  'cert sign',
  'client auth',
  'code signing',
  'content commitment',
  'crl sign',
  'data encipherment',
  'decipher only',
  'digital signature',
  'email protection',
  'encipher only',
  'ipsec end system',
  'ipsec tunnel',
  'ipsec user',
  'key agreement',
  'key encipherment',
  'microsoft sgc',
  'netscape sgc',
  'ocsp signing',
  's/mime',
  'server auth',
  'signing',
  'timestamping',
]

/** @see https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/apis/certificates/validation/validation.go */
export const certificateRequest: KindBehaviour = {
  prepareCreate: (draft) => void (draft['status'] = {}),
  // What was asked stays as it was, whatever an update says.
  prepareUpdate: (draft, old) => void (draft['spec'] = draftOf((old['spec'] ?? {}) as JsonObject)),
  validateName: () => [],
  validate(object) {
    const spec = child(object as Draft, 'spec')
    const errors: FieldError[] = []
    if (!PEM.test(decoded(spec?.['request'])))
      errors.push(invalid('spec.request', spec?.['request'] ?? null, 'PEM block type must be CERTIFICATE REQUEST'))
    const usages = Array.isArray(spec?.['usages']) ? spec['usages'].map(String) : []
    if (usages.length === 0) errors.push(required('spec.usages'))
    usages.forEach((usage, index) => {
      if (!USAGES.includes(usage)) errors.push(unsupported(`spec.usages[${index}]`, usage, USAGES))
    })
    usages.forEach((usage, index) => {
      if (usages.indexOf(usage) < index) errors.push(duplicate(`spec.usages[${index}]`, usage))
    })
    const signer = text(spec, 'signerName') ?? ''
    if (signer === 'kubernetes.io/legacy-unknown')
      errors.push(invalid('spec.signerName', signer, 'the legacy signerName is not allowed via this API version'))
    else errors.push(...validateSigner('spec.signerName', signer))
    const seconds = spec?.['expirationSeconds']
    if (typeof seconds === 'number' && seconds < SHORTEST_SECONDS)
      errors.push(invalid('spec.expirationSeconds', seconds, 'may not specify a duration less than 600 seconds (10 minutes)'))
    return errors
  },
  validateStatus(object, old) {
    const [now, before] = [object, old].map((one) => conditionsOf(one).map((condition) => text(condition, 'type') ?? ''))
    const count = (types: readonly string[] | undefined, wanted: string) => types?.filter((type) => type === wanted).length ?? 0
    return [
      ...validateConditions(conditionsOf(object)),
      ...DECISIONS.filter((type) => count(now, type) < count(before, type)).map((type) =>
        forbidden('status.conditions', `updates may not remove a condition of type ${JSON.stringify(type)}`),
      ),
    ]
  },
  fields: (object) => ({ 'spec.signerName': String((object['spec'] as JsonObject | undefined)?.['signerName'] ?? '') }),
}

const conditionsOf = (object: StoredObject) => children(child(object as Draft, 'status'), 'conditions')

function validateConditions(conditions: readonly Draft[]): FieldError[] {
  const types = conditions.map((condition) => text(condition, 'type') ?? '')
  return conditions.flatMap((condition, index) => {
    const field = `status.conditions[${index}]`
    const type = types[index] ?? ''
    const status = text(condition, 'status') ?? ''
    const earlier = types.slice(0, index)
    const allowed = DECISIONS.includes(type) ? ['True'] : STATUSES
    const opposite = type === 'Approved' ? 'Denied' : type === 'Denied' ? 'Approved' : undefined
    return [
      ...(type === '' ? [required(`${field}.type`)] : []),
      ...(status === ''
        ? [required(`${field}.status`)]
        : allowed.includes(status)
          ? []
          : [unsupported(`${field}.status`, status, allowed)]),
      ...(opposite !== undefined && earlier.includes(opposite)
        ? [invalid(`${field}.type`, type, 'Approved and Denied conditions are mutually exclusive')]
        : []),
      ...(earlier.includes(type) ? [duplicate(`${field}.type`, type)] : []),
    ]
  })
}

/** `example.com/signer-name` */
function validateSigner(field: string, name: string): FieldError[] {
  if (name === '') return [required(field)]
  const [domain = '', path = '', ...more] = name.split('/')
  if (!name.includes('/') || more.length > 0)
    return [invalid(field, name, "must be a fully qualified domain and path of the form 'example.com/signer-name'")]
  const labels = domain.split('.')
  const wrong = (part: string, pieces: readonly string[], check: (piece: string) => readonly string[]) => {
    const piece = pieces.find((one) => check(one).length > 0)
    return piece === undefined
      ? []
      : check(piece).map((words) => invalid(field, part, `validating label ${JSON.stringify(piece)}: ${words}`))
  }
  return [
    ...(domain.length > LONGEST_DOMAIN ? [tooLong(field, LONGEST_DOMAIN)] : []),
    ...wrong(domain, labels, label),
    ...(labels.length < 2 ? [invalid(field, domain, 'should be a domain with at least two segments separated by dots')] : []),
    ...wrong(path, path.split('.'), subdomain),
  ]
}

function decoded(request: Draft[string]): string {
  try {
    return atob(String(request ?? ''))
  } catch {
    return ''
  }
}
