/** Reads server-sent events from a byte stream: only the data of each, which is what our streams carry. */
import { StringDecoder } from 'node:string_decoder'

/** Yields the data of every event; comments and names are skipped. A cut-off event at the end is dropped. */
export async function* readEventData(stream: AsyncIterable<Buffer | string>): AsyncGenerator<string> {
  const decoder = new StringDecoder('utf8')
  let rest = ''
  let data: string[] = []
  for await (const chunk of stream) {
    rest += typeof chunk === 'string' ? chunk : decoder.write(chunk)
    let begin = 0
    for (let end = rest.indexOf('\n'); end >= 0; end = rest.indexOf('\n', begin)) {
      const line = rest.slice(begin, rest[end - 1] === '\r' ? end - 1 : end)
      begin = end + 1
      if (line.startsWith('data:')) data.push(line.slice(line[5] === ' ' ? 6 : 5))
      else if (line === '' && data.length > 0) {
        yield data.join('\n')
        data = []
      }
    }
    rest = rest.slice(begin)
  }
}
