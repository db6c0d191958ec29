// Computes formulas with sformula or formulon: tasks come as JSON on standard input, answers go to standard output in the same order.
// Usage: formula_acts.mjs FOLDER, where node_modules is.

import { createRequire } from 'node:module'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

const tasks = JSON.parse(readFileSync(0, 'utf8'))
let now
const Real = Date
globalThis.Date = class extends Real {
  constructor(...given) {
    given.length ? super(...given) : super(now)
  }

  static now() {
    return new Real(now).getTime()
  }
}

const require = createRequire(join(process.argv[2], 'node_modules', 'x.js'))
const sformula = require('sformula')
const formulon = require('formulon')

const TYPES = {
  text: 'string',
  number: 'number',
  checkbox: 'boolean',
  date: 'date',
  'date and time': 'datetime',
  time: 'time',
  picklist: 'picklist',
  'multi-select picklist': 'multipicklist',
  id: 'id',
}

function placed(entries) {
  const tree = {}
  for (const [name, value] of entries) {
    const path = name.split('.')
    let at = tree
    for (const step of path.slice(0, -1)) at = at[step] ??= {}
    at[path.at(-1)] = value
  }
  return tree
}

function properties(tree) {
  return Object.fromEntries(
    Object.entries(tree).map(([name, one]) => [
      name,
      typeof one === 'string' ? { type: one, picklistValues: [] } : { type: 'object', properties: properties(one) },
    ]),
  )
}

function bySformula({ formula, fields, rows }) {
  const inputTypes = properties(placed(Object.entries(fields).map(([name, kind]) => [name, TYPES[kind]])))
  const { compiled } = sformula.parseSync(formula, { inputTypes })
  // As what a record would show, a null truth is FALSE and a text is trimmed; as "any" it is what was computed.
  const read = sformula.create({ ...compiled, calculatedType: 'any', returnType: 'any' })
  return rows.map((row) => {
    const values = Object.entries(row).map(([name, value]) => [name, fields[name] === 'number' && value !== null ? Number(value) : value])
    return attempted(() => read.evaluate(placed(values)))
  })
}

function literal(kind, value) {
  const made = (dataType, one, options = {}) => ({ type: 'literal', dataType, value: one, options })
  if (value === null && kind !== 'checkbox') return made('null', null)
  switch (kind) {
    case 'number':
      return made('number', Number(value), { length: 18, scale: 10 })
    case 'checkbox':
      return made('checkbox', value ?? false)
    case 'date':
      return made('date', new Real(`${value}T00:00:00Z`))
    case 'date and time':
      return made('datetime', new Real(value))
    case 'time':
      return made('time', new Real(`1970-01-01T${value}`))
    case 'picklist':
      return made('picklist', value, { values: [value] })
    case 'multi-select picklist':
      return made('multipicklist', value.split(';'), { values: value.split(';') })
    default:
      return made('text', value, { length: value.length })
  }
}

function byFormulon({ formula, fields, rows }) {
  return rows.map((row) => {
    const values = Object.entries(row).map(([name, value]) => [name, literal(fields[name], value)])
    const answer = attempted(() => formulon.parse(formula, Object.fromEntries(values)), (same) => same)
    if (answer.error) return answer
    if (answer.type === 'error') {
      if (['SyntaxError', 'NotImplementedError', 'NoFunctionError', 'ReferenceError'].includes(answer.errorType)) throw new Error(answer.message)
      return { error: answer.message }
    }
    const { dataType, value } = answer
    if (!(value instanceof Real)) return told(value)
    if (isNaN(value)) return { value: null }
    const [day, clock] = value.toISOString().split('T')
    return { value: { date: day, time: clock, datetime: `${day}T${clock}` }[dataType] }
  })
}

function attempted(compute, shown = told) {
  try {
    return shown(compute())
  } catch (error) {
    return { error: error.message }
  }
}

function told(value) {
  const number = typeof value?.toFixed === 'function' ? Number(value) : undefined
  if (number !== undefined) return Number.isFinite(number) ? { number } : { error: String(number) }
  if (Array.isArray(value)) return { value: value.join(';') }
  return { value: value ?? null }
}

function answered(task) {
  now = task.now
  try {
    return { rows: { sformula: bySformula, formulon: byFormulon }[task.witness](task) }
  } catch (error) {
    return { unread: String(error.message) }
  }
}

process.stdout.write(JSON.stringify(tasks.map(answered)))
