/** What a look at the processes of this machine tells of those that descend from a master. Types only. */

/** A worker whose descendants are asked for. */
export interface FamilyHead {
  readonly pid: number
  /** Words that its descendants have in their environment too, and nobody else. */
  readonly marks: readonly string[]
}

export interface FamilyQuestion {
  /** The master. */
  readonly own: number
  readonly heads: readonly FamilyHead[]
  /** Workers that are not asked for. */
  readonly others: ReadonlySet<number>
  /** Also who descends from the master and from no worker. */
  readonly helpers: boolean
}

/** One process of the family. */
export interface Relative {
  readonly pid: number
  /** Who is above it, which need not be its parent: who has fled stands below its worker; 0 for the master. */
  readonly above: number
  readonly user: string
  /** Percent of one core; `null`: not known. */
  readonly cpu: number | null
  /** Resident bytes; `null`: not known. */
  readonly memory: number | null
  /** Milliseconds; `null`: not known. */
  readonly uptime: number | null
  /** Bounded. */
  readonly command: string
  /** It does not descend from its worker any more, and is known by its marks alone. */
  readonly fled: boolean
}

/** The master first, and everybody after who is above him. */
export type FindFamily = (question: FamilyQuestion) => Promise<readonly Relative[]>

/** Somebody who runs, with what is only looked at where he is of the family. */
export interface Seen {
  readonly parent: number
  /** 0: none, or not known. */
  readonly session: number
  readonly tell: () => Pick<Relative, 'user' | 'uptime' | 'command'>
}
