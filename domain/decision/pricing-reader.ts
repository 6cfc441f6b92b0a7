// Reads the prices of a ruleset: one for every product, whole basis points, a rounding rule by name.

import { roundings, type LateFee, type Price, type Pricing, type Rounding } from '../pricing.ts';
import { productNames, type Product } from '../schedule.ts';
import type { Reader } from './ruleset-reader.ts';

/** Reads the section `pricing`. Problems are noted in the reader. */
export function readPricing(reader: Reader): Pricing {
  const rounding = readRounding(reader);
  const lateFee = readLateFee(reader.object('lateFee'));
  const products = reader.object('products');
  for (const key of products.keys()) if (!productNames.some((name) => name === key)) products.problem(key, 'is not a product');
  const priceOf = (product: Product): Price => {
    const price = products.object(product);
    const [feeBasisPoints, monthlyBasisPoints] = [share(price, 'feeBasisPoints'), share(price, 'monthlyBasisPoints')];
    return { feeBasisPoints, monthlyBasisPoints, rounding, lateFee };
  };
  return {
    products: { 'pay-in-3': priceOf('pay-in-3'), 'pay-in-30-days': priceOf('pay-in-30-days') },
    maximumAprPercent: reader.positive('maximumAprPercent'),
  };
}

function readRounding(reader: Reader): Rounding {
  const text = reader.text('rounding');
  const found = roundings.find((name) => name === text);
  if (!found) reader.problem('rounding', `must be ${roundings.join(', ')}`);
  return found ?? 'down';
}

function readLateFee(reader: Reader): LateFee | null {
  const fee = { basisPoints: share(reader, 'basisPoints'), atMostVnd: reader.number('atMostVnd') };
  if (fee.atMostVnd < 0) reader.problem('atMostVnd', 'must not be below zero');
  return fee.basisPoints > 0 && fee.atMostVnd > 0 ? fee : null;
}

/** Basis points from 0 to 10,000: nothing costs more than the whole. */
function share(reader: Reader, key: string): number {
  const value = reader.number(key);
  if (value < 0 || value > 10_000) reader.problem(key, 'must be between 0 and 10000 basis points');
  return value;
}
