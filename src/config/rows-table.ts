/** The options of shared tables. */
import { boolean, integer } from './kinds.ts'
import { columns, columnsSugar } from './kinds-table.ts'
import { option } from './rows.ts'

export const tableRows = {
  columns: option(columns, 'value:int', { doc: 'What a row holds beside its key: name:int, name:float, name:bool, name:string(BYTES).', required: true, sugar: columnsSugar, restart: false, extra: true }),
  rows_max: option(integer(1, 4_000_000), '1024', { doc: 'Rows that it holds at most; one more is an error to who sets it.', restart: false, extra: true }),
  persist: option(boolean, 'false', { doc: 'Keep the rows on disk, so that they outlive the master and the machine.', restart: false, extra: true }),
}
