/**
 * The few functions of the Reflect metadata proposal that `@peculiar/x509` insists on finding before it is loaded
 * (its dependency container asks for them; nothing here uses the container). Import this file before that one.
 */
const known = new WeakMap<object, Map<PropertyKey, Map<string, unknown>>>()
const whole = Symbol('the object itself')

function own(target: object, property: PropertyKey): Map<string, unknown> | undefined {
  return known.get(target)?.get(property)
}

function defineMetadata(key: string, value: unknown, target: object, property: PropertyKey = whole): void {
  const properties = known.get(target) ?? new Map<PropertyKey, Map<string, unknown>>()
  const entries = properties.get(property) ?? new Map<string, unknown>()
  known.set(target, properties.set(property, entries.set(key, value)))
}

function getOwnMetadata(key: string, target: object, property: PropertyKey = whole): unknown {
  return own(target, property)?.get(key)
}

function getMetadata(key: string, target: object, property: PropertyKey = whole): unknown {
  for (let at: object | null = target; at; at = Reflect.getPrototypeOf(at)) {
    if (own(at, property)?.has(key)) return own(at, property)?.get(key)
  }
  return undefined
}

function metadata(key: string, value: unknown): (target: object, property?: PropertyKey) => void {
  return (target, property) => defineMetadata(key, value, target, property)
}

if (!('getMetadata' in Reflect)) Object.assign(Reflect, { defineMetadata, getOwnMetadata, getMetadata, metadata })
