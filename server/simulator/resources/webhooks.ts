import {
  defaultMatching,
  oneOf,
  validateConditions,
  validateFailurePolicy,
  validateMatchPolicy,
  validateRule,
  validateSelectors,
} from './admission-rules.ts'
import { child, children, integer, setDefaults, text } from './draft.ts'
import { duplicate, invalid, required } from './field-error.ts'
import { dns1035Label, subdomain } from './names.ts'
import type { KindBehaviour } from './behaviour.ts'
import type { FieldError } from './field-error.ts'
import type { Draft } from './object.ts'

const VERSIONS = ['v1', 'v1beta1']
const SIDE_EFFECTS = ['None', 'NoneOnDryRun']
const REINVOCATIONS = ['IfNeeded', 'Never']
const LONGEST_TIMEOUT = 30

/** Validating and mutating ones. @see https://github.com/kubernetes/kubernetes/blob/v1.36.0/pkg/apis/admissionregistration/validation/validation.go */
export const webhookConfiguration: KindBehaviour = {
  generation: true,
  defaults(draft) {
    for (const hook of children(draft, 'webhooks')) {
      setDefaults(hook, { failurePolicy: 'Fail', timeoutSeconds: 10 })
      if (draft['kind'] === 'MutatingWebhookConfiguration') setDefaults(hook, { reinvocationPolicy: 'Never' })
      defaultMatching(hook, ['rules'])
      const service = child(child(hook, 'clientConfig'), 'service')
      if (service) setDefaults(service, { port: 443 })
    }
  },
  validate(object) {
    const hooks = children(object as Draft, 'webhooks')
    return hooks.flatMap((hook, index) => {
      const field = `webhooks[${index}]`
      const name = text(hook, 'name') ?? ''
      const again = name !== '' && hooks.findIndex((other) => text(other, 'name') === name) < index
      return [
        ...validateWebhook(hook, field),
        ...validateVersions(hook, `${field}.admissionReviewVersions`),
        ...(again ? [duplicate(`${field}.name`, name)] : []),
      ]
    })
  },
}

function validateWebhook(hook: Draft, field: string): FieldError[] {
  const seconds = integer(hook, 'timeoutSeconds') ?? 10
  const effects = text(hook, 'sideEffects')
  return [
    ...validateName(`${field}.name`, text(hook, 'name') ?? ''),
    ...children(hook, 'rules').flatMap((rule, index) => validateRule(rule, `${field}.rules[${index}]`)),
    ...validateFailurePolicy(hook, field),
    ...validateMatchPolicy(hook, field),
    ...(effects === undefined ? [required(`${field}.sideEffects`, `must specify one of ${SIDE_EFFECTS.join(', ')}`)] : []),
    ...oneOf(`${field}.sideEffects`, effects, SIDE_EFFECTS),
    ...(seconds < 1 || seconds > LONGEST_TIMEOUT
      ? [invalid(`${field}.timeoutSeconds`, seconds, 'the timeout value must be between 1 and 30 seconds')]
      : []),
    ...validateSelectors(hook, field),
    ...oneOf(`${field}.reinvocationPolicy`, text(hook, 'reinvocationPolicy'), REINVOCATIONS),
    ...validateClient(child(hook, 'clientConfig'), `${field}.clientConfig`),
    ...validateConditions(hook, field),
  ]
}

/** A domain of at least three parts. */
function validateName(field: string, name: string): FieldError[] {
  if (name === '') return [required(field)]
  const wrong = subdomain(name)
  if (wrong.length > 0) return [invalid(field, name, wrong.join(','))]
  return name.split('.').length < 3 ? [invalid(field, name, 'should be a domain with at least three segments separated by dots')] : []
}

function validateClient(client: Draft | undefined, field: string): FieldError[] {
  const url = text(client, 'url')
  const service = child(client, 'service')
  if ((url === undefined) === (service === undefined)) return [required(field, 'exactly one of url or service is required')]
  return service ? validateService(service, `${field}.service`) : validateUrl(url ?? '', `${field}.url`)
}

const FORM = '; desired format: https://host[/path]'

function validateUrl(url: string, field: string): FieldError[] {
  const [, scheme = '', host = '', rest = ''] = /^(?:([a-z][a-z0-9+.-]*):)?(?:\/\/([^/?#]*))?(.*)$/i.exec(url) ?? []
  const [, query, fragment] = /^[^?#]*(?:\?([^#]*))?(?:#(.*))?$/.exec(rest) ?? []
  const at = host.lastIndexOf('@')
  const wrong = (value: string, words: string) => [invalid(field, value, words)]
  return [
    ...(scheme.toLowerCase() === 'https' ? [] : wrong(scheme, `'https' is the only allowed URL scheme${FORM}`)),
    ...(host.slice(at + 1) === '' ? wrong('', `host must be specified${FORM}`) : []),
    ...(at >= 0 ? wrong(host.slice(0, at), 'user information is not permitted in the URL') : []),
    ...(fragment ? wrong(fragment, 'fragments are not permitted in the URL') : []),
    ...(query ? wrong(query, 'query parameters are not permitted in the URL') : []),
  ]
}

function validateService(service: Draft, field: string): FieldError[] {
  const port = integer(service, 'port') ?? 0
  const path = text(service, 'path') ?? ''
  const errors: FieldError[] = []
  if (!text(service, 'name')) errors.push(required(`${field}.name`, 'service name is required'))
  if (!text(service, 'namespace')) errors.push(required(`${field}.namespace`, 'service namespace is required'))
  if (port < 1 || port > 65535) errors.push(invalid(`${field}.port`, port, 'port is not valid: must be between 1 and 65535, inclusive'))
  if (path === '' || path === '/') return errors
  const say = (words: string) => errors.push(invalid(`${field}.path`, path, words))
  if (!path.startsWith('/')) say("must start with a '/'")
  const steps = path.slice(1).replace(/\/$/, '').split('/')
  steps.forEach((step, index) => {
    if (step === '') say(`segment[${index}] may not be empty`)
    else for (const words of subdomain(step)) say(`segment[${index}]: ${words}`)
  })
  return errors
}

function validateVersions(hook: Draft, field: string): FieldError[] {
  const versions = Array.isArray(hook['admissionReviewVersions']) ? hook['admissionReviewVersions'].map(String) : []
  if (versions.length === 0) return [required(field, `must specify one of ${VERSIONS.join(', ')}`)]
  return [
    ...versions.flatMap((version, index) =>
      versions.indexOf(version) < index
        ? [invalid(`${field}[${index}]`, version, 'duplicate version')]
        : dns1035Label(version).map((words) => invalid(`${field}[${index}]`, version, words)),
    ),
    ...(versions.some((version) => VERSIONS.includes(version))
      ? []
      : [invalid(field, versions, `must include at least one of ${VERSIONS.join(', ')}`)]),
  ]
}
