import { expect, test } from 'vitest'
import { zoneHint } from '../../../src/config/zone-names.ts'

test.each([
  ['Berlin', 'Europe/Berlin'], ['berlin', 'Europe/Berlin'], ['EUROPE/BERLIN ', 'Europe/Berlin'], ['CET/Berlin', 'Europe/Berlin'], ['Germany/Berlin', 'Europe/Berlin'],
  ['Europe Berlin', 'Europe/Berlin'], ['Europe/Berln', 'Europe/Berlin'], ['Eurpoe/Berlin', 'Europe/Berlin'], ['Berln', 'Europe/Berlin'], ['europe-berlin', 'Europe/Berlin'],
  ['New York', 'America/New_York'], ['America/NewYork', 'America/New_York'], ['new-york', 'America/New_York'], ['America/New_Yrok', 'America/New_York'],
  ['US-Eastern', 'US/Eastern'], ['us_pacific', 'US/Pacific'], ['EST5', 'EST5EDT'], ['PST8', 'PST8PDT'], ['Ushuaia', 'America/Argentina/Ushuaia'], ['Kolkata', 'Asia/Kolkata'],
])('for the time zone %s it suggests %s', (name, zone) => {
  expect(zoneHint(name)).toBe(`did you mean ${zone}?`)
})

test.each([['UTC+2', 'Etc/GMT-2'], ['GMT-05:00', 'Etc/GMT+5'], ['utc +0100', 'Etc/GMT-1']])('for the offset %s it names %s', (name, zone) => {
  expect(zoneHint(name)).toBe(`for that offset all year write ${zone}`)
})

test.each(['Germany', 'CEST', 'BST', 'PST', 'local', 'x', '', 'Mars/Olympus', 'UTC+99', 'UTC+5:30', 'Europe', 'est9', '__proto__', 'Munich', 'server'])('for %s it suggests nothing', (name) => {
  expect(zoneHint(name)).toBeUndefined()
})
