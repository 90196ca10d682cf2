import { decode } from '../resources/decode.ts'
import { draftOf, isObject, same } from '../resources/draft.ts'
import { invalid } from '../resources/field-error.ts'
import { validateEmbedded, validateLists } from './invariants.ts'
import { parseJsonPath } from './json-path.ts'
import { publishedSchema } from './published.ts'
import { hasRules, validateRules } from './rules.ts'
import { prune, setSchemaDefaults } from './shape.ts'
import { validateValue } from './validate.ts'
import type { KindBehaviour } from '../resources/behaviour.ts'
import type { Decoded } from '../resources/decode.ts'
import type { FieldError } from '../resources/field-error.ts'
import type { CustomResourceDefinition, CustomResourceDefinitionVersion } from '../resources/kinds.ts'
import type { Draft, JsonObject, JsonValue, StoredObject } from '../resources/object.ts'
import type { Schemas } from '../resources/schema.ts'
import type { CustomColumn, CustomKind, CustomLife, ScalePaths } from './custom-kind.ts'
import type { Structural } from './structural.ts'

/** Everything about one version of a defined kind. */
export function makeKind(
  definition: CustomResourceDefinition,
  version: CustomResourceDefinitionVersion,
  life: CustomLife,
  schemas: Schemas,
): CustomKind {
  const { group, names, versions } = definition.spec
  const schema = schemaOf(version)
  const storage = versions.find((one) => one.storage) ?? version
  const shown = new WeakMap<StoredObject, StoredObject>()
  const groupVersion = `${group}/${version.name}`
  return {
    storedAs: `${group}/${storage.name}`,
    behaviour: behaviourFor(version, schema),
    columns: columnsOf(version),
    scale: scaleOf(version),
    warning: version.deprecated ? version.deprecationWarning || `${groupVersion} ${names.kind} is deprecated` : undefined,
    published: publishedSchema(group, version.name, names.kind, schema),
    life,
    decode: (body) => decodeObject(schemas, schema, body),
    shown(object) {
      const known = shown.get(object)
      if (known) return known
      const draft = draftOf({ ...object, apiVersion: groupVersion })
      prune(schema, draft, true)
      setSchemaDefaults(schema, draft)
      const made = draft as unknown as StoredObject
      shown.set(object, made)
      return made
    },
  }
}

export function schemaOf(version: CustomResourceDefinitionVersion): Structural {
  return (version.schema?.openAPIV3Schema ?? { type: 'object', 'x-kubernetes-preserve-unknown-fields': true }) as Structural
}

/** Metadata is read as that of every object; it is the one part that a definition does not describe. */
function decodeObject(schemas: Schemas, schema: Structural, body: JsonObject): Decoded {
  const read = decode(schemas, METADATA_ONLY, { metadata: body['metadata'] ?? {} })
  const draft: Draft = draftOf(body)
  setSchemaDefaults(schema, draft)
  const unknown = prune(schema, draft, true)
  draft['metadata'] = isObject(read.draft['metadata']) ? read.draft['metadata'] : {}
  return { draft, complaints: [...read.complaints, ...unknown] }
}

/** Any kind whose only part besides its metadata is left away. */
const METADATA_ONLY = 'io.k8s.api.core.v1.ConfigMap'

function behaviourFor(version: CustomResourceDefinitionVersion, schema: Structural): KindBehaviour {
  const hasStatus = version.subresources?.status !== undefined
  const fields = (version.selectableFields ?? []).map(({ jsonPath }) => [jsonPath.replace(/^\./, ''), parseJsonPath(jsonPath)] as const)
  return {
    generation: true,
    prepareCreate(draft) {
      if (hasStatus) delete draft['status']
    },
    prepareUpdate(draft, old) {
      // Without a status subresource, status is like any other field.
      if (!hasStatus && isObject(draft['metadata']) && !same(draft['status'], old['status']))
        draft['metadata']['generation'] = (old.metadata.generation ?? 0) + 1
    },
    validate: (object, _around, old) => validateObject(schema, object, old, version),
    validateStatus: (object, old) => validateObject(schema, object, old, version),
    fields: (object) => Object.fromEntries(fields.map(([label, path]) => [label, textOf(path?.(object)[0])])),
  }
}

function textOf(value: JsonValue | undefined): string {
  return value === undefined || value === null ? '' : typeof value === 'object' ? JSON.stringify(value) : String(value)
}

/** Errors in what an update leaves alone do not keep it from changing the rest. */
function validateObject(
  schema: Structural,
  object: StoredObject,
  old: StoredObject | undefined,
  version: CustomResourceDefinitionVersion,
): FieldError[] {
  const { metadata: _metadata, ...parts } = object
  const before =
    old === undefined ? new Set<string>() : new Set(schemaErrors(schema, partsOf(old)).map((error) => `${error.field} ${error.message}`))
  const changedAt = (error: FieldError) => !before.has(`${error.field} ${error.message}`)
  const errors = [...schemaErrors(schema, parts).filter(changedAt), ...scaleErrors(version, object)]
  if (!hasRules(schema)) return errors
  const blocking = ['FieldValueNotSupported', 'FieldValueRequired', 'FieldValueTooLong', 'FieldValueTooMany', 'FieldValueTypeInvalid']
  if (errors.some(({ reason }) => blocking.includes(reason))) {
    return [
      ...errors,
      invalid(
        '<nil>',
        null,
        'some validation rules were not checked because the object was invalid; correct the existing errors to complete validation',
      ),
    ]
  }
  return [...errors, ...validateRules(schema, object, old)]
}

function partsOf({ metadata: _metadata, ...parts }: StoredObject): JsonObject {
  return parts
}

function schemaErrors(schema: Structural, parts: JsonObject): FieldError[] {
  // Metadata is held to its own rules: but a definition may restrict names.
  const { metadata: _metadata, ...properties } = schema.properties ?? {}
  const own: Structural = {
    ...schema,
    properties,
    ...(schema.required && { required: schema.required.filter((key) => key !== 'metadata') }),
  }
  return [...validateValue(own, parts, ''), ...validateEmbedded(own, parts, ''), ...validateLists(own, parts, '')]
}

function scaleErrors(version: CustomResourceDefinitionVersion, object: StoredObject): FieldError[] {
  const paths = scaleOf(version)
  if (!paths) return []
  return ([paths.spec, paths.status] as const).flatMap((path) => {
    const value = path.reduce<JsonValue | undefined>((inside, key) => (isObject(inside) ? inside[key] : undefined), object)
    return typeof value === 'number' && value < 0 ? [invalid(path.join('.'), value, 'should be a non-negative integer')] : []
  })
}

function scaleOf(version: CustomResourceDefinitionVersion): ScalePaths | undefined {
  const scale = version.subresources?.scale
  if (!scale) return undefined
  const plain = (path: string) => path.replace(/^\./, '').split('.')
  return {
    spec: plain(scale.specReplicasPath),
    status: plain(scale.statusReplicasPath),
    selector: scale.labelSelectorPath ? plain(scale.labelSelectorPath) : undefined,
    specWritten: scale.specReplicasPath,
  }
}

const NAME: CustomColumn = {
  name: 'Name',
  type: 'string',
  format: 'name',
  description:
    'Name must be unique within a namespace. Is required when creating resources, although some resources may allow a client to request the generation of an appropriate name automatically. Name is primarily intended for creation idempotence and configuration definition. Cannot be updated. More info: https://kubernetes.io/docs/concepts/overview/working-with-objects/names#names',
  path: undefined,
}
const AGE: CustomColumn = {
  name: 'Age',
  type: 'date',
  description:
    'CreationTimestamp is a timestamp representing the server time when this object was created. It is not guaranteed to be set in happens-before order across separate operations. Clients may not set this value. It is represented in RFC3339 form and is in UTC.\n\nPopulated by the system. Read-only. Null for lists. More info: https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md#metadata',
  path: (value) => (isObject(value) && isObject(value['metadata']) ? [value['metadata']['creationTimestamp'] ?? null] : []),
}

function columnsOf(version: CustomResourceDefinitionVersion): readonly CustomColumn[] {
  const more = version.additionalPrinterColumns
  if (!more?.length) return [NAME, AGE]
  const nothing = () => []
  return [
    NAME,
    ...more.map(({ jsonPath, ...column }) => ({
      ...column,
      ...(column.format === undefined && { format: '' }),
      ...(column.description === undefined && { description: `Custom resource definition column (in JSONPath format): ${jsonPath}` }),
      path: parseJsonPath(jsonPath) ?? nothing,
    })),
  ]
}
