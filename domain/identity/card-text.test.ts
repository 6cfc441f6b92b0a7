import assert from 'node:assert/strict';
import { test } from 'node:test';
import { differingDigits, findDates, findMrz, findNumbers } from './card-text.ts';

const zone = ['IDVNM1990001239079199000123<<9', '9901018F3901016VNM<<<<<<<<<<<2', 'NGUYEN<<THI<TEST<<<<<<<<<<<<<<'];

test('the zone is found among the other lines of the back', () => {
  const found = findMrz(['Đặc điểm nhân dạng / Personal identification', '12/05/2024', ...zone, 'SPECIMEN']);
  assert.ok(found.kind === 'read' && found.mrz.nationalId === '079199000123');
});

test('what readers typically make of a zone is repaired, because the check digits prove the repair right', () => {
  const misread = [
    ['letters that look like digits', 'IDVNM199000I239O79I99000123<<9', '99O1018F39O1016VNM<<<<<<<<<<<2', zone[2]],
    ['small letters', 'IDVNMl990001239o79199000123<<g', '9901018F3901016VNM<<<<<<<<<<<2', zone[2]],
    ['spaces', 'IDVNM 1990001239 079199000123<<9', '9901018F 3901016VNM <<<<<<<<<<<2', 'NGUYEN<<THI<TEST <<<<<<<<'],
    ['guillemets', 'IDVNM1990001239079199000123«9', '9901018F3901016VNM«««««<2', 'NGUYEN«THI<TEST«««««««'],
    ['lost fillers', 'IDVNM1990001239079199000123<9', '9901018F3901016VNM<<<<<<<<2', 'NGUYEN<<THI<TEST<<<<<<<<'],
    ['fillers as letters', 'IDVNM1990001239079199000123KK9', '9901018F3901016VNM<<<<K<<<C<<2', 'NGUYEN<<THI<TEST<<<<<<<<<KK<<<'],
    ['a torn first letter', '1DVNM1990001239079199000123<<9', zone[1], zone[2]],
  ];
  for (const [what = '', ...lines] of misread) {
    const found = findMrz(lines.map((line) => line ?? ''));
    assert.ok(found.kind === 'read' && found.mrz.fullName === 'NGUYEN THI TEST' && found.mrz.nationalId === '079199000123', what);
  }
});

test('a zone that is not all there is damaged, and no zone is absent', () => {
  assert.equal(findMrz([zone[0] ?? '', '9901018F39??', zone[2] ?? '']).kind, 'absent');
  assert.equal(findMrz([zone[0] ?? '', '9901013F3901016VNM<<<<<<<<<<<2', zone[2] ?? '']).kind, 'damaged');
  assert.equal(findMrz([]).kind, 'absent');
});

test('printed numbers and dates are found wherever they stand, and impossible dates are not dates', () => {
  assert.deepEqual(findNumbers(['Số / No.: 079 199 000 123', 'x 079199000123', '0791990001234', '07919900012']), ['079199000123']);
  assert.deepEqual(findDates(['Ngày sinh: 01/02/1999 Có giá trị đến: 31/12/2039', '31/02/2020']), ['1999-02-01', '2039-12-31']);
  assert.equal(differingDigits('079199000123', '079199000132'), 2);
});
