// What we say to WAY4: one function per message, each returning the body in the order of elements that the interface wants.

import type { CorePage, CorePurchase, NewClient, NewContract } from '../../domain/ports.ts';
import { closedTag, listParms, tagNames, writeTags } from './wire.ts';
import type { Way4Installation } from './wire.ts';
import type { XmlTree } from './xml.ts';

const privatePerson = 'PR';

/** The field of an Information or Application that names one client. */
function clientTarget(clientNumber: string): XmlTree {
  return { ClientIDT: { ClientType: privatePerson, ClientInfo: { ClientNumber: clientNumber } } };
}

/** Adds a client. */
export function addClient(installation: Way4Installation, client: NewClient): XmlTree {
  return {
    ...application(installation, client.regNumber, 'Client', 'Add'),
    Data: {
      Client: {
        ClientType: privatePerson,
        ClientInfo: { ClientNumber: client.clientNumber, RegNumber: client.nationalId, ...splitName(client.fullName) },
        BaseAddress: {
          EMail: client.email,
          Country: installation.countryCode,
          City: client.address.split(',').at(-1)?.trim() ?? '',
          AddressLine1: client.address,
        },
        AddClientInfo: { AddInfo01: writeTags({ [tagNames.birthDate]: client.dateOfBirth, [tagNames.phone]: client.phone }) },
      },
    },
  };
}

/** Closes a client. Extension, not WAY4: an Update with our own tag. */
export function closeClient(installation: Way4Installation, clientNumber: string): XmlTree {
  return {
    ...application(installation, `${clientNumber}-CLOSE`, 'Client', 'Update'),
    ObjectFor: clientTarget(clientNumber),
    Data: { Client: { AddClientInfo: { AddInfo01: writeTags({ [tagNames.status]: closedTag }) } } },
  };
}

/** Adds a contract to a client. It starts with the limit of its product; {@link setLimit} brings ours. */
export function addContract(installation: Way4Installation, contract: NewContract): XmlTree {
  return {
    ...application(installation, contract.regNumber, 'Contract', 'Add'),
    ObjectFor: clientTarget(contract.clientNumber),
    Data: {
      Contract: {
        ContractIDT: { ContractNumber: contract.contractNumber },
        Product: { ProductCode1: installation.product },
        DateOpen: contract.openedOn,
      },
    },
  };
}

/** Sets the limit of a contract. Assumption: CreditLimit is accepted in an Update. */
export function setLimit(installation: Way4Installation, contract: NewContract): XmlTree {
  return {
    ...application(installation, `${contract.regNumber}-LIMIT`, 'Contract', 'Update'),
    ObjectFor: { ContractIDT: { ContractNumber: contract.contractNumber } },
    Data: {
      Contract: {
        CreditLimit: {
          FinanceLimit: { Amount: String(contract.limitVnd), Currency: installation.currency },
          ReasonDetails: 'Limit of the accepted offer',
        },
      },
    },
  };
}

/** Closes a contract. Extension, not WAY4: an Update with our own tag. */
export function closeContract(installation: Way4Installation, contractNumber: string): XmlTree {
  return {
    ...application(installation, `${contractNumber}-CLOSE`, 'Contract', 'Update'),
    ObjectFor: { ContractIDT: { ContractNumber: contractNumber } },
    Data: { Contract: { AddContractInfo: { AddInfo01: writeTags({ [tagNames.status]: closedTag }) } } },
  };
}

/** Asks for a client. Assumption: ObjectType Client; the evidenced inquiry starts from a contract, which a new client has none of. */
export function clientInquiry(regNumber: string, clientNumber: string): XmlTree {
  return {
    RegNumber: regNumber,
    ObjectType: 'Client',
    ActionType: 'Inquiry',
    ResultDtls: { Parm: [parm('Status', 'Y'), parm('Client', 'Y')] },
    ObjectFor: clientTarget(clientNumber),
  };
}

/** Asks for a contract with its client and balances. */
export function contractInquiry(regNumber: string, contractNumber: string): XmlTree {
  return {
    RegNumber: regNumber,
    ObjectType: 'Contract',
    ActionType: 'Inquiry',
    ResultDtls: { Parm: [parm('Status', 'Y'), parm('Client', 'Y'), parm('Balance', 'AVAILABLE')] },
    ObjectFor: { ContractIDT: { ContractNumber: contractNumber } },
  };
}

/** Checks the limit and books a purchase. */
export function purchaseDoc(installation: Way4Installation, purchase: CorePurchase): XmlTree {
  return {
    TransType: { TransCode: { MsgCode: installation.msgCodes.purchase } },
    DocRefSet: { Parm: [parm('RRN', purchase.rrn)] },
    LocalDt: localDateTime(purchase.at),
    Description: purchase.merchantId,
    SourceDtls: { SIC: installation.merchantCategoryCode, Country: installation.countryCode, MerchantName: purchase.merchantName },
    Requestor: { ContractNumber: purchase.contractNumber },
    Source: { ContractNumber: installation.acquiringContract },
    Transaction: { Currency: installation.currency, Amount: String(purchase.amountVnd) },
    ResultDtls: { Parm: [parm('Balance', 'AVAILABLE')] },
  };
}

/** Asks for the bookings with one RRN. Extension, not WAY4. */
export function bookingInquiry(installation: Way4Installation, rrn: string): XmlTree {
  return {
    TransType: { TransCode: { MsgCode: installation.msgCodes.bookingInquiry } },
    DocRefSet: { Parm: [parm('RRN', rrn)] },
    Source: { ContractNumber: installation.acquiringContract },
  };
}

/** Asks for the purchases since a time, so many after a document. Extension, not WAY4. */
export function bookingList(installation: Way4Installation, page: CorePage): XmlTree {
  return {
    TransType: { TransCode: { MsgCode: installation.msgCodes.bookingList } },
    DocRefSet: {
      Parm: [
        parm(listParms.since, page.since.toISOString()),
        ...(page.rrn === undefined ? [] : [parm('RRN', page.rrn)]),
        ...(page.after === null ? [] : [parm(listParms.after, page.after)]),
        parm(listParms.limit, String(page.limit)),
      ],
    },
    Source: { ContractNumber: installation.acquiringContract },
  };
}

function application(installation: Way4Installation, regNumber: string, objectType: string, actionType: 'Add' | 'Update'): XmlTree {
  return {
    RegNumber: regNumber,
    Institution: installation.institution,
    OrderDprt: installation.orderDepartment,
    ObjectType: objectType,
    ActionType: actionType,
  };
}

function parm(code: string, value: string): XmlTree {
  return { ParmCode: code, Value: value };
}

/** UFX has two name fields. As on Vietnamese forms: họ and chữ đệm in LastName, tên in FirstName; a single name is a FirstName. */
function splitName(fullName: string): { FirstName: string; LastName: string | undefined } {
  const words = fullName.trim().split(/\s+/);
  return { FirstName: words.at(-1) ?? '', LastName: words.length > 1 ? words.slice(0, -1).join(' ') : undefined };
}

/** `yyyy-MM-dd HH:mm:ss` on the clock of Vietnam (UTC+7, no summer time). */
function localDateTime(at: string): string {
  const vietnamOffsetMs = 7 * 3_600_000;
  return new Date(Date.parse(at) + vietnamOffsetMs).toISOString().slice(0, 19).replace('T', ' ');
}
