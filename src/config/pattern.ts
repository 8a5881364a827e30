/**
 * Judges a regular expression before a worker's output is matched with it: it must compile, and no text may make it try
 * more and more ways to match (`(a+)+b`). It does so where a loop can take the same characters in two ways: found by
 * walking its automaton twice at once. Slowness that grows as a power of the text's length is bounded by bounding the text.
 */
import { Refusal } from './kinds.ts'
import { readPattern } from './pattern-syntax.ts'
import type { PatternNode } from './pattern-syntax.ts'

/** The most places of a pattern that are looked at; repeats beyond count as endless. */
const placesMax = 600

/** The most steps that are taken to judge a pattern: some hundredths of a second. */
const stepsMax = 400_000

/** So often may be asked for what may also be empty; which ones are is one more choice each. */
const emptyRepeatsMax = 8

/** Why a pattern cannot be used; `undefined`: it can. */
export function patternProblem(source: string): Refusal | undefined {
  if (source === '') return new Refusal('has an empty pattern')
  if (source.length > 1000) return new Refusal('has a pattern of more than 1000 characters')
  try {
    void new RegExp(source)
  } catch (error) {
    return new Refusal(`has a pattern that does not compile: ${(error as Error).message.replace(/^Invalid regular expression: /, '')}`)
  }
  const looks: PatternNode[] = [readPattern(source)]
  for (const tree of looks) {
    const automaton = new Automaton(looks)
    automaton.build(tree)
    if (automaton.refers) return new Refusal('has a pattern with a reference to a group (\\1), which cannot be kept fast; write it without')
    const ambiguous = automaton.isAmbiguous()
    if (ambiguous === 'unknown') return new Refusal('has a pattern with too many repeated choices to be checked; write a simpler one')
    if (ambiguous) return new Refusal('has a pattern that can take forever: what is repeated can match the same text in several ways, as (a+)+ does; repeat it once')
  }
  return undefined
}

/** A part of the automaton: ways through it that take nothing, and the places where it begins and ends, with the ways there. */
interface Part {
  readonly nothing: number
  readonly first: ReadonlyMap<number, number>
  readonly last: ReadonlyMap<number, number>
}

const nothing: Part = { nothing: 1, first: new Map(), last: new Map() }

/** One place per character of the pattern, and how many ways lead from one to the next. */
class Automaton {
  refers = false
  #chances = false
  readonly #looks: PatternNode[]
  readonly #accepts: ReadonlySet<string>[] = []
  readonly #next: Map<number, number>[] = []
  readonly #sets = new Map<string, ReadonlySet<string>>()

  constructor(looks: PatternNode[]) {
    this.#looks = looks
  }

  build(node: PatternNode): Part {
    switch (node.kind) {
      case 'empty': return nothing
      case 'reference':
        this.refers = true
        return nothing
      case 'look':
        this.#looks.push(node.part)
        return nothing
      case 'character': return this.#place(node.source)
      case 'sequence': return node.parts.reduce<Part>((before, part) => this.#join(before, this.build(part)), nothing)
      case 'choice': return node.parts.map((part) => this.build(part)).reduce((a, b) => ({
        nothing: capped(a.nothing + b.nothing), first: sum(a.first, b.first), last: sum(a.last, b.last),
      }))
      case 'repeat': return this.#repeat(node)
    }
  }

  /** True if some text leads from a place back to it in two ways; `unknown` when that would take too long to find out. */
  isAmbiguous(): boolean | 'unknown' {
    if (this.#chances) return true
    const size = this.#next.length
    const loops = loopsOf(this.#next)
    const inLoop = (a: number, b: number): boolean => loops[a] !== -1 && loops[a] === loops[b]
    if (this.#next.some((edges, from) => [...edges].some(([to, ways]) => ways > 1 && inLoop(from, to)))) return true
    const backward = new Map<number, number[]>()
    const diagonal = this.#next.map((_, place) => place * size + place).filter((_, place) => loops[place] !== -1)
    const seen = new Set(diagonal)
    let steps = 0
    for (const pair of seen) {
      const [a, b] = [Math.floor(pair / size), pair % size]
      for (const toA of this.#next[a]?.keys() ?? []) {
        for (const toB of this.#next[b]?.keys() ?? []) {
          if (++steps > stepsMax) return 'unknown'
          if (!inLoop(a, toA) || !inLoop(b, toB) || !inLoop(toA, toB) || !this.#overlap(toA, toB)) continue
          const to = toA * size + toB
          const before = backward.get(to)
          if (before === undefined) backward.set(to, [pair])
          else before.push(pair)
          seen.add(to)
        }
      }
    }
    const back = new Set(diagonal)
    for (const pair of back) for (const from of backward.get(pair) ?? []) back.add(from)
    return [...seen].some((pair) => Math.floor(pair / size) !== pair % size && back.has(pair))
  }

  #place(source: string): Part {
    const set = this.#sets.get(source) ?? accepted(source)
    this.#sets.set(source, set)
    const place = this.#accepts.push(set) - 1
    this.#next.push(new Map())
    return { nothing: 0, first: new Map([[place, 1]]), last: new Map([[place, 1]]) }
  }

  #join(a: Part, b: Part): Part {
    this.#lead(a.last, b.first)
    return {
      nothing: capped(a.nothing * b.nothing),
      first: sum(a.first, scaled(b.first, a.nothing)), last: sum(b.last, scaled(a.last, b.nothing)),
    }
  }

  #repeat({ part, least, most }: Extract<PatternNode, { kind: 'repeat' }>): Part {
    const before = this.#next.length
    const once = this.build(part)
    const optional = (one: Part): Part => ({ ...one, nothing: 1 })
    const size = Math.max(1, this.#next.length - before)
    if (most === 0) return nothing
    if (least > emptyRepeatsMax && once.nothing > 0) this.#chances = true
    if (most === Infinity || most * size + before > placesMax) {
      this.#lead(once.last, once.first)
      return least === 0 ? optional(once) : once
    }
    // Built from the end: the later ones are there only if the earlier are.
    let all = least < most || least === 0 ? optional(once) : once
    for (let count = most - 1; count > 0; count -= 1) {
      const joined = this.#join(this.build(part), all)
      all = count <= least ? joined : optional(joined)
    }
    return least === 0 ? optional(all) : all
  }

  #lead(from: ReadonlyMap<number, number>, to: ReadonlyMap<number, number>): void {
    for (const [a, ways] of from) for (const [b, more] of to) this.#next[a]?.set(b, capped((this.#next[a]?.get(b) ?? 0) + ways * more))
  }

  #overlap(a: number, b: number): boolean {
    const [one, other] = [this.#accepts[a], this.#accepts[b]]
    if (one === undefined || other === undefined) return false
    if (one === other) return one.size > 0
    const [few, many] = one.size < other.size ? [one, other] : [other, one]
    for (const character of few) if (many.has(character)) return true
    return false
  }
}

/** Of each place the loop that it is in, -1 for none: the strongly connected components (Kosaraju). */
function loopsOf(next: readonly ReadonlyMap<number, number>[]): readonly number[] {
  const before: number[][] = next.map(() => [])
  next.forEach((edges, from) => {
    for (const to of edges.keys()) before[to]?.push(from)
  })
  const loops: number[] = next.map(() => -1)
  const taken = new Set<number>()
  for (const root of finishingOrder(next).reverse()) {
    if (taken.has(root)) continue
    const members = new Set([root])
    for (const place of members) for (const from of before[place] ?? []) if (!taken.has(from)) members.add(from)
    for (const place of members) {
      taken.add(place)
      if (members.size > 1 || (next[place]?.has(place) ?? false)) loops[place] = root
    }
  }
  return loops
}

/** The places in the order in which a walk in depth leaves them. */
function finishingOrder(next: readonly ReadonlyMap<number, number>[]): number[] {
  const order: number[] = []
  const entered = new Set<number>()
  for (const start of next.keys()) {
    if (entered.has(start)) continue
    entered.add(start)
    const path = [{ place: start, ways: (next[start] ?? new Map<number, number>()).keys() }]
    for (let last = path.at(-1); last !== undefined; last = path.at(-1)) {
      const way = last.ways.next()
      if (way.done === true) {
        order.push(last.place)
        path.pop()
      } else if (!entered.has(way.value)) {
        entered.add(way.value)
        path.push({ place: way.value, ways: (next[way.value] ?? new Map<number, number>()).keys() })
      }
    }
  }
  return order
}

/** More than one way is as bad as many. */
function capped(ways: number): number {
  return Math.min(ways, 2)
}

function sum(a: ReadonlyMap<number, number>, b: ReadonlyMap<number, number>): ReadonlyMap<number, number> {
  const all = new Map(a)
  for (const [place, ways] of b) all.set(place, capped((all.get(place) ?? 0) + ways))
  return all
}

function scaled(places: ReadonlyMap<number, number>, by: number): ReadonlyMap<number, number> {
  return by === 0 ? new Map() : new Map([...places].map(([place, ways]) => [place, capped(ways * by)]))
}

const samples = [...Array.from({ length: 384 }, (_, code) => String.fromCharCode(code)), '\u2028', '\u4e2d', '\ud83d', '\udc18', '\ufeff']

/** The characters, of a choice of them, that a part of a pattern takes. */
function accepted(source: string): ReadonlySet<string> {
  const test = new RegExp(`^${source}$`)
  return new Set(samples.filter((character) => test.test(character)))
}
