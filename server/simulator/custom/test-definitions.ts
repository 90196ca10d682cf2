import type { JsonObject } from '../resources/object.ts'

/** Definitions as people write them, for tests. */

const text = { type: 'string' }
const whole = { type: 'integer' }

/** A kind that uses about everything. */
export function shopDefinition(
  change: { readonly spec?: JsonObject; readonly version?: JsonObject; readonly versions?: readonly JsonObject[] } = {},
): JsonObject {
  const version = {
    name: 'v1',
    served: true,
    storage: true,
    subresources: {
      status: {},
      scale: { specReplicasPath: '.spec.replicas', statusReplicasPath: '.status.replicas', labelSelectorPath: '.status.selector' },
    },
    selectableFields: [{ jsonPath: '.spec.colour' }],
    additionalPrinterColumns: [
      { name: 'Colour', type: 'string', jsonPath: '.spec.colour', description: 'Its colour' },
      { name: 'Replicas', type: 'integer', jsonPath: '.spec.replicas' },
      { name: 'Ready', type: 'string', jsonPath: '.status.conditions[?(@.type=="Ready")].status' },
      { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp', priority: 1 },
    ],
    schema: { openAPIV3Schema: shopSchema },
    ...change.version,
  }
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: 'shops.stable.example.com' },
    spec: {
      group: 'stable.example.com',
      scope: 'Namespaced',
      names: { plural: 'shops', kind: 'Shop', shortNames: ['sh'], categories: ['all'] },
      versions: change.versions ?? [version],
      ...change.spec,
    },
  }
}

const shopSchema = {
  type: 'object',
  description: 'A Shop sells things.',
  required: ['spec'],
  properties: {
    spec: {
      type: 'object',
      required: ['colour'],
      'x-kubernetes-validations': [
        { rule: 'self.replicas >= self.least', message: 'replicas should be at least least' },
        {
          rule: 'self.replicas <= self.most',
          messageExpression: "'replicas should be at most ' + string(self.most)",
          fieldPath: '.replicas',
          reason: 'FieldValueForbidden',
        },
      ],
      properties: {
        colour: { type: 'string', enum: ['red', 'green'], description: 'What it is painted.' },
        name: { type: 'string', minLength: 2, maxLength: 5, pattern: '^[a-z]+$' },
        replicas: { type: 'integer', minimum: 0, maximum: 100, default: 1 },
        least: { type: 'integer', default: 0 },
        most: { type: 'integer', default: 10 },
        owner: { type: 'string', 'x-kubernetes-validations': [{ rule: 'self == oldSelf', message: 'owner is immutable' }] },
        port: { 'x-kubernetes-int-or-string': true },
        since: { type: 'string', format: 'date-time' },
        hosts: { type: 'array', maxItems: 3, 'x-kubernetes-list-type': 'set', items: text },
        doors: {
          type: 'array',
          'x-kubernetes-list-type': 'map',
          'x-kubernetes-list-map-keys': ['name'],
          items: { type: 'object', required: ['name'], properties: { name: text, width: whole } },
        },
        extra: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
        note: { type: 'string', nullable: true },
        template: { type: 'object', 'x-kubernetes-embedded-resource': true, 'x-kubernetes-preserve-unknown-fields': true },
        prices: { type: 'object', additionalProperties: { type: 'number' } },
      },
    },
    status: {
      type: 'object',
      properties: {
        replicas: whole,
        selector: text,
        conditions: { type: 'array', items: { type: 'object', properties: { type: text, status: text } } },
      },
    },
  },
}

/** What an operator brings: two versions of one kind, cluster-wide, the newer one stored. */
export function monitorDefinition(): JsonObject {
  const version = (name: string, more: JsonObject): JsonObject => ({
    name,
    served: true,
    storage: false,
    schema: {
      openAPIV3Schema: {
        type: 'object',
        properties: { spec: { type: 'object', properties: { interval: { type: 'string', default: '30s' }, port: text } } },
      },
    },
    ...more,
  })
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: 'monitors.monitoring.example.com' },
    spec: {
      group: 'monitoring.example.com',
      scope: 'Cluster',
      names: { plural: 'monitors', kind: 'Monitor' },
      versions: [version('v1alpha1', { deprecated: true }), version('v1', { storage: true })],
    },
  }
}
