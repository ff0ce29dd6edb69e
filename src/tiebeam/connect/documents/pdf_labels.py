"""The words that invoices use for their fields, in twelve languages, without accents and punctuation.

`№` stands for any word that means number (no, nr, num, numero, nummer, n°, #). Languages: English, German, French,
Dutch, Italian, Spanish, Portuguese, Swedish, Danish, Norwegian, Finnish, Polish.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import cache

from tiebeam.connect.documents.pdf_dates import plain


def word_set(text: str) -> frozenset[str]:
    """Words that are written in a row, separated by white space."""
    return frozenset(text.split())


_NUMBER_WORDS = word_set("no nr num numero nummer number numer n nro nbr # nummern")
_NUMBER_ENDING = re.compile(r"(?:nummern?|number|numero|nro|num|nr)$")
_NOT_LETTERS = re.compile(r"[^0-9a-z%#]+")

_SOURCE: Mapping[str, str] = {
    "number": """invoice №|tax invoice №|vat invoice №|bill №|inv №|document №|credit note №|credit memo №
        |our invoice|invoice reference|invoice ref|invoice id|№ of invoice|invoice code|№ invoice|rechnungsnummer
        |rechnungsnr|rechnungs №|rechnung №|belegnummer|belegnr|beleg №|re №|renr|gutschrift №|gutschriftsnummer
        |gutschriftnr|gutschriftsnr|faktura №|fakturanummer|fakturanr|faktur №|rechnungs id|rgnr|rg №|facture №
        |№ facture|№ de facture|№ de la facture|reference facture|ref facture|avoir №|№ avoir|№ davoir
        |№ de facturation|factuurnummer|factuurnr|factuur №|creditnota №|creditnotanummer|creditfactuurnummer
        |fattura №|№ fattura|№ della fattura|documento №|№ documento|nota di credito №|ft №|factura №|№ factura
        |№ de factura|№ de la factura|abono №|fatura №|№ da fatura|№ de fatura|faktura id|fakturanro|laskun №
        |laskunumero|lasku №|laskunro|kreditnota №|kreditfaktura №|kreditnotanummer|kreditnotanr|kreditfakturanummer
        |hyvityslasku №|invoice reference №|our invoice №|inv|invoice no ref|reference de facture|rechnungs beleg №
        |rechn №|rechnungsno|faktura nr|№ faktury|numer faktury|faktura vat №|faktura vat|faktury №|dokument №
        |cislo faktury|faktura cislo|danovy doklad cislo|szamla sorszama|szamlaszam|fattura numero
        |fattura elettronica №|factuur|documentno|bill invoice №|voucher №|salesinvoice №|sales invoice №|№ fatura
        |fatura recibo №|fra №|№ fra|num fra|faktura korygujaca №|№ rachunku|tax invoice number|commercial invoice №
        |slutfaktura №|belegs №|rechnungskorrektur №|factura rectificativa №|nota de abono №""",
    "number?": """invoice|tax invoice|rechnung|facture|factuur|fattura|factura|fatura|faktura|lasku|credit note
        |credit memo|gutschrift|avoir|creditnota|kreditnota|kreditfaktura|nota di credito|nota de credito|bill
        |faktura vat|faktura korygujaca|nota credito|invoice document|sales invoice|commercial invoice""",
    "issue_date": """invoice date|date of invoice|date of issue|issue date|issued|issued on|date issued|billing date
        |document date|tax date|tax point|bill date|dated|invoiced on|rechnungsdatum|rechnungs datum|belegdatum
        |ausstellungsdatum|datum der rechnung|gutschriftdatum|gutschriftsdatum|rechnung vom|ausgestellt am|rgdatum
        |date de facture|date de la facture|date facture|date de facturation|date demission|emise le|facture du
        |date davoir|factuurdatum|factuur datum|datum factuur|data fattura|data della fattura|data documento
        |data di emissione|data emissione|fattura del|fecha de factura|fecha factura|fecha de la factura
        |fecha de emision|fecha emision|fecha de expedicion|data da fatura|data de emissao|fakturadatum|fakturadato
        |fakturans datum|fakturadag|faktureringsdatum|laskun paiva|laskun paivays|laskun paivamaara|paivays
        |laskupaiva|laskun pvm
        |laskupaivamaara|kreditnotadato|credit note date|udstedelsesdato|date of document|rechn datum|rechndatum
        |re datum|redatum|rg datum|data wystawienia|data faktury|data wystawienia faktury|datum vystaveni
        |datum faktury|kelt|szamla kelte|invoice dated|doc date|billed on|inv date|fakt datum|fakturadt|factuur dd
        |date demission de la facture|data emissione fattura|data fatt|data doc|fecha fra|fecha doc
        |fecha del documento|fecha de la fra|data do documento|rechnung datum|tax invoice date|supply invoice date
        |belegdat|datum van factuur|datum uitreiking|laskutuspaiva""",
    "issue_date?": """date|datum|data|fecha|dato|pvm|paivamaara|le|vom|den|paiva|kuupaev|data i miejsce wystawienia""",
    "due_date": """due date|due|payment due|payment due date|due on|due by|pay by|payable by|date due|please pay by
        |payment deadline|due for payment|payment due by|payable on|due date of payment|to be paid by|fallig am
        |fallig|falligkeit|falligkeitsdatum|zahlbar bis|zahlungsziel|zahlbar bis zum|zahlung bis|zu zahlen bis
        |bitte uberweisen sie bis zum|bitte zahlen sie bis|falligkeitstag|zahlungsfrist|fallig bis|falligkeit am
        |zahlbar am|faellig am|zahlungstermin|date decheance|echeance|date echeance|a payer avant le|a payer avant
        |a regler avant le|date limite de paiement|payable le|payable au plus tard le|echeance le|date de paiement
        |a regler le|payable avant le|vervaldatum|vervaldag|te betalen voor|betalen voor|uiterste betaaldatum
        |betaaldatum|uiterlijk betalen|te voldoen voor|vervalt op|betaling voor|betalen uiterlijk|uiterlijk
        |data di scadenza|scadenza|data scadenza|scadenza pagamento|da pagare entro|pagare entro|scadenza il|entro il
        |fecha de vencimiento|vencimiento|fecha vencimiento|fecha limite de pago|pagar antes del|vence el|vencimento
        |data de vencimento|forfallodatum|forfallodag|forfallodato|forfaldsdato|forfald|forfaldsdag|betalingsfrist
        |forfall|sista betalningsdag|betales senest|erapaiva|betalas senast|forfallsdato|forfallsdag|bet senast
        |sidste rettidige betalingsdag|betalingsdato|senest|betalningsdatum|oss tillhanda|elaeraepaiva
        |maksettava viimeistaan|termin platnosci|termin zaplaty|platne do|datum splatnosti|splatnost
        |fizetesi hatarido|data pagamento|zahlbar ohne abzug bis|netto bis|fallig zum|faellig|falligk|zahlen bis
        |forfaller|forfaller til betaling|betalas|betales innen|betal innen|betal senest|payment date|settlement date
        |settlement due|due no later than|pay before|please pay before|date of payment|date dexigibilite|exigible le
        |a regler pour le|date de reglement|te voldoen uiterlijk|voldoen voor|betaald voor|betaal voor
        |betaling uiterlijk|uiterste betaal datum|fecha de pago|fecha pago|vto|vcto|fecha vto|fecha de vto
        |f vencimiento|data limite|data limite de pagamento|pagar ate|pagamento ate|maksupaiva|viimeinen maksupaiva
        |sidste rettidige betaling|sidste betalingsdag|sista betalningsdatum|forf dato|forfaldsdato netto""",
    "order_reference": """your order|purchase order|purchase order №|po №|po|order №|your order №|customer order
        |customer order №|customer po|your po|your po №|order ref|order reference|buyer order|buyer order №|po ref
        |po reference|cust order №|your purchase order|purchase order ref|order id|purchase order reference|p o|p o №
        |your order reference|your order ref|ihre bestellung|ihre bestellung №|bestellnummer|bestellnr|bestell №
        |bestellung|bestellung №|ihre bestellnummer|ihre bestellnr|ihre bestell №|kundenbestellung|kundenbestellung №
        |ihr auftrag|ihre order|bestellreferenz|ihre auftragsnummer|ihre auftragsnr|ihr auftrag №|order|bestellbezug
        |ihre order №|ihre bestellung vom|votre commande|bon de commande|№ de commande|commande №|№ commande|commande
        |reference commande|ref commande|votre bon de commande|bon de commande №|votre commande №|commande client
        |№ bc|№ de bon de commande|reference de commande|uw bestelling|uw order|bestelnummer|bestelnr|inkooporder
        |inkoopordernummer|inkoopordernr|ordernummer|ordernr|uw ordernummer|inkooporder №|uw bestelnummer|bestelling
        |bestelling №|uw inkooporder|orderreferentie|uw order №|uw bestelling №|uw ordernr|bestelbon|vostro ordine
        |vs ordine|ordine №|№ ordine|ordine|ordine dacquisto|ordine di acquisto|rif ordine|riferimento ordine
        |vs ordine №|vostro ordine №|ordine cliente|№ dordine|№ ordine di acquisto|vs rif ordine|ordine dacquisto №
        |su pedido|pedido №|№ pedido|№ de pedido|pedido|orden de compra|orden de compra №|su pedido №|ref pedido
        |vuestro pedido|pedido de compra|pedido cliente|referencia pedido|referencia de pedido|encomenda
        |vossa encomenda|encomenda №|er order|ert ordernummer|inkopsorder|inkopsordernummer|bestallning
        |er bestallning|bestallningsnummer|ert ordernr|ert order №|ordrenummer|deres ordre|jeres ordre|ordrenr
        |indkobsordre|innkjopsordre|innkjopsordrenr|bestillingsnummer|bestilling|deres bestilling|deres ordrenr
        |deres ordrenummer|tilausnumero|tilaus|tilaus №|ostotilaus|tilauksenne|ostotilausnumero|indkobsordrenr
        |indkobsordrenummer|rekvisition|rekvisitionsnr|innkjopsordrenummer|er bestallning №|er order №|jeres ordrenr
        |ordre №|ordre|innkjopsordre №|deres ordre №|jeres ordre №|er inkopsorder|deres innkjopsordre
        |jeres indkobsordre|tilauksen №|tilausviite|your order no ref|your p o|your p o №|customer po №|customer p o
        |cust po|cust p o №|purchase order no ref|buyers order|buyers order №|buyer po|client order|client order №
        |order number po|customers order|customers order №|customer order ref|your ref order|your order date
        |external order №|po nr|po num|ext order №|numer zamowienia|№ zamowienia|zamowienie|zamowienie №
        |wasze zamowienie|panstwa zamowienie|zam №|cislo objednavky|objednavka|objednavka cislo|vase objednavka
        |rendelesszam|ihre best №|ihre best|best nr kunde|kundenbestell №|kundenbestellnummer|kunden bestell №
        |kunden bestellnummer|kundenauftrag|kunden auftrags №|kundenauftrags №|kundenauftragsnummer
        |ihr zeichen bestellung|ihr zeichen bestell №|ihr zeichen ihre bestellung|bestell referenz
        |auftrags referenz kunde|einkaufsbestellung|einkaufsbestell №|bestellzeichen|bestellung kunde|vb №|bestell id
        |ihre bestellung bezug|votre reference commande|votre ref commande|vos ref commande|v commande|v cde
        |vos references commande|cde №|cde client|№ cde|№ cde client|commande client №|№ commande client|votre cde
        |votre № de commande|numero bon de commande|№ de commande client|ref bon de commande|ref commande client
        |uw inkooporder №|inkoop order|uw po|uw po №|uw bestel №|order klant|klant order №|klantorder|uw opdracht
        |uw opdrachtnummer|vs ord|vs ordine del|vostro ord|ordine cliente №|rif ordine №|rif vs ordine
        |rif ordine cliente|numero ordine|№ ordine cliente|oda|№ oda|ordine di acquisto №|№ pedido cliente
        |pedido cliente №|pedido del cliente|ref pedido cliente|su № de pedido|su № pedido|s pedido|s ref pedido
        |su orden|su orden de compra|orden compra|orden compra №|oc|oc №|nota de encomenda|nota de encomenda №
        |№ encomenda|№ da encomenda|v encomenda|v encomenda №|vossa enc|enc cliente|requisicao|requisicao №
        |ert bestallningsnr|ert inkopsordernr|ert inkopsordernummer|ert inkopsorder №|inkopsordernr|inkopsorder №
        |er referens order|er ref order|er order ref|kundorder|kundorder №|kundens ordernr|kundens order
        |kundens ordernummer|kundens best №|order nr kund|er best №|best №|jeres ref ordre|deres ref ordre
        |deres reference ordre|deres ref ordre №|deres rekv №|jeres rekv №|rekv №|rekvisitions №|rekvisitionsnummer
        |deres indkobsordre|deres indkobsordre №|jeres indkobsordre №|indkobsordre №|kundens ordre №|kundeordre
        |po nummer|deres po|deres po №|jeres po|deres best №|deres bestillings №|kundens bestilling|tilausnro
        |tilausviitteenne|ostotilaus №|ostotilausnro|asiakkaan tilaus|asiakkaan tilausnumero|asiakkaan tilaus №
        |viitteenne tilaus|po viite""",
    "buyer_reference": """your reference|your ref|ihre referenz|ihr zeichen|leitwegid|leitweg id|buyer reference
        |votre reference|votre ref|uw referentie|uw kenmerk|uw ref|vostro riferimento|vs riferimento
        |vs rif|su referencia|su ref|er referens|er ref|deres ref|deres reference|deres referanse
        |jeres ref|jeres reference|viitteenne|kundenreferenz|customer reference|customer ref
        |referencia del cliente|client reference|reference client""",
    "vat_id": """vat id|vat №|vat reg №|vat registration №|vat identification №|vat registration|vat reg
        |vat identifier|vat id №|ustid|ustidnr|ust idnr|ust id|ust id №|ustid №|ustidentifikationsnummer|uid|uid №
        |mwst №|ust №|umsatzsteueridentifikationsnummer|umsatzsteuer id|umsatzsteuerid|mwstnr|№ tva|№ de tva
        |tva intracommunautaire|№ tva intracommunautaire|№ de tva intracommunautaire|tva intracom|tva №|btw №
        |btwnummer|btwnr|btw id|btwid|btw identificatienummer|partita iva|p iva|piva|p iva №|piva cf|p iva c f
        |p iva e c f|cf piva|c f p iva|nif|cif|nif iva|id iva|nif cif|cif nif|nipc|contribuinte|momsregnr|moms reg №
        |momsreg №|moms №|momsnr|momsnummer|momsregistreringsnummer|vatnr|vatnummer|cvr|cvr №|cvrnr|cvrnummer|se №
        |senr|alvtunnus|alv tunnus|alv №|alvnro|tax id|tax identification №|ein|abn|gst №|tax reg №|vat|tva|btw|iva
        |orgnr mva|vat ust id|vat tax id|mva №|ust id nr|sales tax id|company vat|foretaksregisteret|uid mwst
        |mwst uid|ust identnr|ust ident №|vat id nr|nip|nip ue|vat ue|vat eu|dic|dico|ic dph|adoszam|ust idno|atu №
        |atu|mwst uid №|uid ch|vat regn|vat registered №|gb vat|our vat №|our vat id|seller vat|seller vat id
        |supplier vat|supplier vat №|ust identifikations №|umsatzsteuer identifikationsnummer|umsatzsteuer ident №
        |ust idnummer|ust ident|id № tva|tva intra|№ tva intra|№ tva intracom|code tva|ident tva|№ identification tva
        |n intracommunautaire|ondernemingsnummer|ondernemings №|btw nummer nl|partita iva e codice fiscale
        |partita iva e c f|p iva cod fisc|p iva codice fiscale|p iva cf|cod fisc p iva|cod fisc e p iva|cf e p iva
        |c i f|n i f|nif iva №|vat nif|nº iva intracomunitario|num contribuinte|№ contribuinte|№ de contribuinte
        |momsregnr vat|momsregistreringsnr|momsreg|vat momsreg|moms registrering|cvr se №|cvr vat|dk cvr|mva reg
        |org №mva|orgnr no|orgno mva|alv rek|alv rekisterinumero|alv numero|vat tunnus|ee vat""",
    "vat_id?": """steuernummer|steuer №|st №|org №|orgnr|organisationsnummer|organisasjonsnummer|ytunnus
        |y tunnus|tax №|company №|registration №|company registration №|kvk|kvk №|siret|siren|rcs
        |codice fiscale|c f""",
    "buyer": """bill to|billed to|invoice to|sold to|customer|client|buyer|invoiced to|billing address|customer name
        |invoice address|to|bill to party|customer details|client name|rechnungsempfanger|rechnung an|kunde|kaufer
        |auftraggeber|rechnungsadresse|rechnungsanschrift|leistungsempfanger|kunden|an|kaufer leistungsempfanger
        |facture a|client facture|destinataire|adresse de facturation|facturer a|factures a|adresse a|acheteur
        |factuur aan|klant|factuuradres|gefactureerd aan|afnemer|aan|koper|cliente|destinatario|spett le|spettle
        |intestatario|fatturato a|cessionario|cessionario committente|fatturare a|acquirente|committente|facturar a
        |facturado a|datos del cliente|datos de facturacion|comprador|faturar a|kund|fakturaadress|faktureras till
        |faktureres til|kopare|kober|fakturaadresse|faktura till|faktura til|asiakas|laskutusosoite|laskutettava
        |fakturamottagare|kjoper|ostaja|fakturamodtager|til|till|fakturamottaker|saaja|laskun saaja|debitor
        |a l attention de|fao|nabywca|kupujacy|odberatel|vevo|bill to address|invoice address to|charge to
        |for the attention of|invoicee|rechnung geht an|rechnungsempf|rechnungsempfaenger|firma kunde
        |client facture a|facture adressee a|destinataire facture|factureer aan|facturatieadres|aan klant
        |dati cliente|cliente destinatario|intestatario fattura|spettabile|destinatario fattura|adquirente
        |exmo s senhor es|exmos senhores|exmo s sr s|dados do cliente|senor es|facturar a nombre de|kundadress
        |fakturaadressat|kundens adresse|faktureringsadresse|laskutus|laskun vastaanottaja""",
    "ship_to": """ship to|deliver to|delivery address|delivered to|shipping address|lieferadresse
        |lieferanschrift|warenempfanger|lieferung an|adresse de livraison|livre a|livrer a
        |leveringsadres|afleveradres|bezorgadres|indirizzo di consegna|luogo di consegna
        |destinazione merce|direccion de entrega|entregar en|leveransadress|leveringsadresse
        |toimitusosoite|abweichender warenempfanger|consegna|lieferort""",
    "seller": """seller|supplier|vendor|issued by|from|verkaufer|lieferant|rechnungssteller|absender|vendeur
        |fournisseur|emetteur|leverancier|verkoper|fornitore|cedente|cedente prestatore|venditore|emittente|proveedor
        |vendedor|emisor|fornecedor|saljare|leverantor|saelger|leverandor|selger|myyja|toimittaja|avsandare|avsender
        |afsender|laskuttaja|supplier name|seller name|company name|sprzedawca|dodavatel|elado|wystawca|our details
        |von|biller|sold by|payable to|vendu par|emis par|verzonden door|afzender|emesso da|emitente|expedida por
        |emitido por|utstallare|fran|fra|utsteder|laskun lahettaja""",
    "holder": """account holder|account name|beneficiary|payee|kontoinhaber|empfanger|titulaire|titulaire du compte
        |beneficiaire|rekeninghouder|tenaamstelling|ten name van|tnv|intestazione|beneficiario|titular|kontohavare
        |kontohaver|kontoindehaver|tilinomistaja|zahlungsempfanger|intestato a|in favour of|a nombre de
        |make payment to|pay to|remit to|a lordre de|naam rekening|op naam van""",
    "currency": """currency|wahrung|devise|monnaie|valuta|moneda|divisa|moeda|invoice currency|rechnungswahrung
        |valuutta""",
    "net": """net total|net amount|subtotal|sub total|total net|total net amount|total before tax|total before vat
        |net|amount net|taxable amount|taxable total|goods total|total goods|nettosumme|nettobetrag|netto|summe netto
        |gesamt netto|gesamtnetto|zwischensumme|warenwert|nettogesamt|netto gesamt|gesamtbetrag netto|total netto
        |nettogesamtbetrag|rechnungsbetrag netto|positionssumme|summe der positionen|nettoumsatz|nettowarenwert
        |rechnungssumme netto|total ht|montant ht|sous total|soustotal|net ht|total htva|montant htva|total net ht
        |montant net|base ht|montant total ht|total hors taxe|subtotaal|nettobedrag|totaal netto|netto totaal
        |nettototaal|netto bedrag|imponibile|totale imponibile|totale netto|subtotale|totale imp|importo netto
        |totale merce|imponibile totale|netto merce|base imponible|total neto|importe neto|neto|suma neta
        |base imponivel|total liquido|nettobelopp|delsumma|summa netto|totalt netto|netto summa|nettobelob|nettosum
        |sum netto|delsum|netto sum|nettobelop|subtotal net|veroton|verottomasti|veroton yhteensa|valisumma
        |nettosumma|veroton summa|veroton hinta|nettoyhteensa|belob netto|netto i alt|total sans tva|razem netto
        |wartosc netto|suma netto|kwota netto|netto razem|zaklad dane|celkem bez dph|total ex vat|total excl
        |total exc vat|net invoice total|net invoice value|invoice net|invoice net total|net goods|goods|goods value
        |goods amount|merchandise total|items total|order total net|summe positionen|summe artikel|summe waren
        |nettowert|netto warenwert|nettorechnungsbetrag|rechnungsnettobetrag|gesamtnettobetrag|netto betrag
        |gesamt nettobetrag|zwischensumme netto|steuerpflichtiger betrag|entgelt|summe entgelte|base tva
        |base hors taxes|total brut ht|total lignes ht|total marchandises|montant hors taxes|total hors taxes
        |total hors tva|montant hors tva|net commercial|grondslag|totaal goederen|goederenbedrag|totaal regels
        |subtotaal excl btw|netto factuurbedrag|totale imponibile netto|imp totale|netto imponibile|totale righe
        |totale beni|subtotal sin iva|suma|base imponible total|total base imponible|total base|importe base
        |total mercadoria|total iliquido|total bruto|soma|base tributavel|total exkl moms|summa exkl moms|exkl moms
        |netto exkl moms|summa varor|varusumma|varuvarde|nettovarde|netto belopp|momspliktigt|momspliktigt belob
        |momsgrundlag i alt|varer i alt|vare total|belob ekskl moms|i alt ekskl moms|sum varer|varesum|avgiftspliktig
        |sum ekskl mva|sum eks mva|totalt eks mva|verotonta|veroton loppusumma|veroton kokonaissumma
        |tuotteet yhteensa""",
    "net?": "summe|suma|sum|base|lines total|line total|total lines",
    "tax": """vat|total vat|vat total|vat amount|tax|sales tax|total tax|gst|plus vat|tax total|tax amount
        |total vat amount|add vat|value added tax|ust|mwst|umsatzsteuer|mehrwertsteuer|zzgl mwst|zzgl ust
        |zzgl umsatzsteuer|summe mwst|summe ust|steuer|steuerbetrag|ust betrag|mwst betrag|ust gesamt
        |zuzuglich umsatzsteuer|zuzuglich mwst|gesamt mwst|plus mwst|gesamt ust|mwstbetrag|summe umsatzsteuer
        |umsatzsteuerbetrag|mwst gesamt|zzgl|tva|total tva|montant tva|montant de la tva|dont tva|taxe|taxes
        |montant total tva|btw|totaal btw|btw bedrag|btwbedrag|iva|totale iva|imposta|totale imposta|importo iva
        |totale imposte|cuota iva|total iva|importe iva|cuota|cuota de iva|total impuestos|impuestos|moms|summa moms
        |total moms|momsbelopp|mva|sum mva|moms i alt|momsbelob|merverdiavgift|mva belop|mvabelop|totalt moms
        |moms totalt|mervardesskatt|alv|alv yhteensa|arvonlisavero|vero|alv osuus|veron osuus|vero yhteensa|total mva
        |betrag mwst|betrag ust|kwota vat|podatek vat|suma vat|razem vat|vat razem|podatek|dph|celkem dph|afa
        |output vat|vat charged|vat at|vat payable|ust summe|mwst summe|mwst total|umsatzsteuer gesamt|zuzuglich ust
        |zzgl gesetzl mwst|zzgl gesetzl ust|zzgl gesetzlicher mwst|gesetzliche mwst|gesetzliche ust|gesetzl mwst
        |plus ust|tva collectee|total taxes|montant taxes|t v a|btw totaal|btw hoog|btw laag|omzetbelasting
        |iva totale|totale i v a|i v a|imposta totale|iva total|importe total iva|total cuota|total cuota iva
        |total cuotas|cuotas|i v a total|valor iva|valor do iva|total do iva|imposto|total imposto
        |mervardesskatt moms|summa mva|salgsmoms|moms total|moms i alt dkk|mva totalt|herav mva|varav moms|heraf moms
        |alv summa|alv maara|alv euroa|total vat amount due""",
    "gross": """grand total|gross total|gross amount|invoice total|total gross|gross|total amount|amount total
        |invoice amount|gesamtbetrag|gesamtsumme|bruttobetrag|bruttosumme|brutto|rechnungsbetrag|rechnungssumme
        |endbetrag|total brutto|endsumme|summe brutto|gesamt brutto|gesamtbetrag brutto|bruttogesamt
        |bruttogesamtbetrag|rechnungsbetrag brutto|total ttc|montant ttc|montant total ttc|total general
        |montant total|totaalbedrag|eindtotaal|factuurbedrag|factuurtotaal|brutobedrag|totaal factuur|totale fattura
        |totale documento|totale complessivo|totale ivato|totale lordo|importo totale|total factura|importe total
        |total fatura|totalbelopp|totalsumma|fakturatotal|fakturasumma|fakturabelopp|fakturabelob|bruttobelopp
        |bruttosum|bruttobelob|totalbelob|totalbelop|fakturabelop|loppusumma|laskun summa|verollinen
        |verollinen yhteensa|kokonaissumma|summa totalt|total invoice amount|totalt belopp|total bruto|bruttosumma
        |brutto i alt|bruttobelop|razem brutto|wartosc brutto|kwota brutto|suma brutto|celkem s dph|celkem k uhrade
        |total amount incl vat|total inc vat|total incl|gross invoice total|invoice value|invoice gross|total invoice
        |total invoice value|total of invoice|invoice sum|total for payment|rechnungsendbetrag|rechnungsgesamtbetrag
        |gesamtrechnungsbetrag|gesamtpreis|summe inkl|total inkl mwst|brutto gesamt|bruttorechnungsbetrag|totalbetrag
        |total de la facture|total facture|montant de la facture|montant total de la facture|montant facture
        |total toutes taxes comprises|total t t c|total general ttc|factuur bedrag|totaal bedrag|totaal factuurbedrag
        |totaalfactuur|bedrag incl|totale fatt|tot fattura|tot documento|totale fattura eur|totale doc
        |importo fattura|importo documento|importe factura|importe total factura|total documento|total doc
        |total general factura|total do documento|total do doc|total da fatura|valor total|total geral
        |fakturans totalbelopp|totalt fakturabelopp|total inkl moms|summa inkl moms|faktura total|fakturabelob i alt
        |total faktura|total inkl mva|faktura sum|laskun loppusumma|laskun yhteensa|laskusumma|kokonaissumma eur
        |loppusumma eur""",
    "gross?": """total|gesamt|totaal|totale|totalt|summa|i alt|ialt|yhteensa|sum|summe|total general|importe|razem
        |celkem|osszesen|suma|ogolem|tot|yht""",
    "payable": """total payable|amount due|total due|balance due|amount payable|payable|to pay|please pay|balance
        |amount to pay|total amount due|total to pay|payable amount|total amount payable|invoice total due|zahlbetrag
        |zu zahlen|zu zahlender betrag|falliger betrag|offener betrag|restbetrag|zahlungsbetrag
        |zu zahlender gesamtbetrag|net a payer|a payer|montant a payer|reste a payer|solde a payer|montant du
        |total a payer|net a payer ttc|te betalen|te voldoen|te betalen bedrag|totaal te betalen|totale da pagare
        |da pagare|netto a pagare|totale dovuto|totale a pagare|importo da pagare|total a pagar|a pagar
        |importe a pagar|liquido a pagar|att betala|summa att betala|belopp att betala|at betale|til betaling
        |a betale|belob til betaling|at betale i alt|totalt a betale|sum a betale|belop a betale|i alt at betale
        |maksettava|maksettava yhteensa|maksettavaa|maksettavaa yhteensa|att betala totalt|total att betala
        |do zaplaty|razem do zaplaty|pozostalo do zaplaty|k uhrade|fizetendo|amount now due|now due|total now due
        |amount outstanding|outstanding|please remit|remittance amount|sum due|total payment due|zu uberweisen
        |zu uberweisender betrag|bitte uberweisen|zahlungssumme|zu bezahlen|zu bezahlender betrag
        |uberweisungsbetrag|total a regler|montant a regler|a regler|net a regler|reste du|total du|solde du
        |te betalen eur|nog te betalen|te betalen totaal|totaal te voldoen|te voldoen bedrag|totaal verschuldigd
        |verschuldigd bedrag|da saldare|saldo da pagare|importo dovuto|importo a pagare|netto da pagare
        |importe liquido|liquido a percibir|total liquido a pagar|pendiente de pago|valor a pagar|montante a pagar
        |att betala sek|att erlagga|summa att erlagga|belob at betale|total at betale|til betaling dkk
        |sum til betaling|totalt til betaling|til betaling nok|belop til betaling|maksettava summa|maksettava euroa
        |maksettava eur|maksettava maara""",
    "allowance": """discount|rabatt|remise|korting|sconto|descuento|rabat|alennus|nachlass|less discount
        |allowance|gesamtrabatt""",
    "charge": """shipping|freight|delivery|postage|carriage|versand|versandkosten|fracht|porto|frais de port
        |transport|livraison|verzendkosten|vrachtkosten|spese di spedizione|trasporto|gastos de envio|portes|frakt
        |fragt|rahti|toimituskulut|handling|surcharge|zuschlag|delivery charge|shipping cost|frachtkosten
        |spese di trasporto|transporte|packing|packaging|verpackung|verpackungskosten|versand und verpackung
        |emballage|frais de transport|frais denvoi|frais de livraison|verpakking|verpakkingskosten|orderkosten
        |administratiekosten|spese trasporto|spese accessorie|imballo|spese imballo|gastos de transporte
        |transporte y embalaje|embalajes|frete|despesas de envio|expeditionsavgift|fraktkostnad|emballering
        |ekspeditionsgebyr|gebyr|leveringsomkostninger|fraktkostnader|toimitusmaksu|kuljetus|mindermengenzuschlag
        |energiezuschlag|maut|mautzuschlag|eco contribution|koszt dostawy|transport i opakowanie""",
    "prepaid": """prepaid|paid|deposit|advance|advance payment|anzahlung|erhaltene anzahlungen|erhaltene anzahlung
        |acompte|aanbetaling|acconto|anticipo|forskott|forskud|amount paid|paid amount|already paid|acompte verse
        |prepayment|previously paid|payments received|less paid|less deposit|less prepayment|payment received
        |abzuglich anzahlung|bereits gezahlt|bereits bezahlt|deja paye|deja regle|reeds betaald|voldaan|gia pagato
        |pagado|ya pagado|ja pago|betalt|redan betalt|allerede betalt|maksettu|zaplacono|uhrazeno""",
    "name": """name|firma|nom|naam|nome|nombre|namn|navn|nimi|company|raison sociale|ragione sociale
        |razon social|denominazione""",
    "other": """customer №|customer id|customer code|account №|kundennummer|kundennr|kunden №|debitorennummer
        |client №|client id|№ client|№ de client|code client|klantnummer|klantnr|debiteurnummer|codice cliente
        |№ cliente|kundnummer|kundnr|kundenr|kundenummer|asiakasnumero|asiakasnro|delivery note|delivery note №
        |lieferschein|lieferschein №|lieferscheinnummer|lieferscheinnr|bon de livraison|№ de bl|pakbon|pakbonnummer
        |ddt|albaran|delivery date|date of delivery|lieferdatum|leistungsdatum|liefertermin|liefer und leistungsdatum
        |leistungszeitraum|service date|service period|date de livraison|leverdatum|leveringsdatum|data consegna
        |fecha de entrega|leveransdatum|leveringsdato|toimituspaiva|order date|bestelldatum|date de commande
        |besteldatum|orderdatum|data ordine|fecha de pedido|fecha pedido|ordredato|tilauspaiva|page|seite|pagina|sida
        |side|sivu|tel|phone|telephone|telefon|telefono|telefoon|puhelin|tlf|tlf nr|fax|bic|swift|bic swift|swift bic
        |swift code|email|e mail|mail|web|website|www|hrb|hra|amtsgericht|geschaftsfuhrer|iban|account|konto|konto №
        |kontonummer|blz|sort code|bank|bankverbindung|bank account|bank details|payment terms|terms
        |zahlungsbedingungen|conditions de paiement|betalingsvoorwaarden|betaaltermijn|condizioni di pagamento
        |termini di pagamento|forma de pago|betalningsvillkor|betalingsbetingelser|betalingsbetingelse
        |betalingsvilkar|maksuehto|contact|ansprechpartner|sachbearbeiter|our reference|our ref|unser zeichen
        |unsere referenz|notre reference|onze referentie|nostro riferimento|nuestra referencia|var referens|vor ref
        |our order|unser auftrag|auftragsnummer|auftragsnr|auftrag №|sales order|sales order №|contract|contract №
        |vertrag|vertragsnummer|vertrag №|contrat|contratto|contrato|project|projekt|projekt №|projet
        |payment reference|zahlungsreferenz|verwendungszweck|reference paiement|betalingskenmerk|ocr|ocr №|kid
        |viitenumero|payment method|zahlungsart|mode de paiement|betaalwijze|modalita di pagamento|bankgiro|plusgiro
        |time|uhrzeit|rappel|quote №|angebot №|devis №|cust №|customer account|account code|a c №|a c ref
        |your account|your account №|kdnr|kd №|kunde №|kunden id|kundenkonto|mandant|klienten №|code client №
        |reference client №|compte client|relatienummer|relatie №|debiteur|debiteur №|cod cliente|codice clienti
        |cliente №|№ de cliente|codigo de cliente|codigo cliente|cod client|kund id|kundref|debitor №|debitornr
        |kunde id|№ klienta|nr klienta|kod klienta|despatch note|despatch note №|dispatch note|dispatch №|delivery №
        |consignment №|shipment №|packing slip|packing slip №|packing list №|advice note|ls №|lieferung №|liefer №
        |lieferscheindatum|leistungszeit|leistungsmonat|lieferzeitpunkt|tag der lieferung|bl №|№ bl
        |№ bon de livraison|date bl|date dexpedition|pakbon №|leverbon|leverbon №|vrachtbrief|ddt №
        |documento di trasporto|doc trasporto|d d t|bolla|data ddt|data trasporto|albaran №|№ albaran|№ de albaran
        |fecha albaran|fecha de albaran|guia de remessa|guia de remessa №|guia №|data de entrega|data da encomenda
        |data encomenda|foljesedel|foljesedelsnr|foljesedel №|foljesedels №|folgeseddel|folgeseddel №|folgeseddelnr
        |pakkseddel|pakkseddel №|fraktsedel|lahete|lahetenumero|lahete №|lahetyslista|wz №|data dostawy
        |data sprzedazy|data zamowienia|data wykonania uslugi|date of supply|supply date|tax point date|dispatch date
        |despatch date|shipped on|ship date|shipping date|date shipped|date ordered|ordered on|po date
        |your order date|date of order|auftragsdatum|bestellt am|datum bestellung|date commande|date de la commande
        |datum order|besteld op|data dellordine|fecha del pedido|bestallningsdatum|bestillingsdato|tilauspvm
        |leverans datum|lev datum|levdatum|lev dato|toimituspvm|our order №|our order ref|our job №|job №|quotation №
        |offerte №|offerte|offerta №|offert №|tilbud №|tarjous №|auftrags №|auftragsbestatigung|auftragsbestatigung №
        |ab №|vorgang|vorgangs №|commande interne|notre commande|ons ordernummer|onze order|onze order №|ns ordine
        |ns ord|ns rif|nuestro pedido|n pedido|nuestro pedido №|var order|vart ordernr|vart ordernummer|vores ordre
        |vores ordre №|vores ordrenr|var ordre|vart ordre №|vores ref|var ref|vare ref|viitteemme|nasz znak
        |handled by|salesperson|sales rep|sales person|account manager|your contact|contact person|bearbeiter
        |ihr ansprechpartner|votre contact|votre interlocuteur|interlocuteur|suivi par|contactpersoon|behandeld door
        |verkoper code|agente|agente di vendita|comercial|handlaggare|sagsbehandler|saksbehandler|kontaktperson
        |yhteyshenkilo|regon|krs|hrb №|handelsregister|st id|capital social|registro mercantil|rea|giro|postgiro|bg
        |pg|kontonr|betalings id|betalingsid|fik|fi kode|referenssi|ref pago|structured communication
        |gestructureerde mededeling|esr|referenz №|reference №|mandate|mandat|mandatsreferenz|glaubiger id
        |glaubigeridentifikation|incoterms|incoterm|versandart|mode de livraison|leveringswijze|vettore|porto franco
        |transportista|currency rate|date of dispatch|delivery terms|leveransvillkor|leveringsbetingelser
        |lieferbedingungen|lieferbedingung|zahlungskonditionen|zahlungsbedingung|conditions de reglement
        |mode de reglement|condiciones de pago|condicoes de pagamento|betalningsvillkor dagar|terms of payment
        |payment conditions""",
}


def token_of(word: str) -> str:
    """One word without case, accents and punctuation; every way to write number becomes `no`, alone or as an ending."""
    bare = plain(word.replace("№", "#").replace("°", "o").replace("º", "o"))
    bare = _NOT_LETTERS.sub("", bare)
    if bare == "#":
        return "no"
    bare = bare.strip("#%")
    return "no" if bare in _NUMBER_WORDS else _NUMBER_ENDING.sub("no", bare)


class Labels:
    """A dictionary of labels that finds the longest one at a place in a row of words."""

    def __init__(self, source: Mapping[str, str]) -> None:
        self._kinds: dict[str, list[str]] = {}
        longest = 1
        for kind, labels in source.items():
            for label in labels.split("|"):
                words = label.split()
                longest = max(longest, len(words))
                kinds = self._kinds.setdefault("".join(token_of(word) for word in words), [])
                if kind not in kinds:
                    kinds.append(kind)
        self._longest = longest + 2

    def at(self, tokens: Sequence[str], start: int) -> tuple[int, list[str]]:
        """How many tokens from `start` are a label, and what it may stand for; (0, []) for none.

        Words are compared run together, so that `Sub-total`, `Sub total` and `Subtotal` are the same label.
        """
        if not tokens[start]:
            return 0, []
        best: tuple[int, list[str]] = (0, [])
        key = ""
        for length in range(1, min(self._longest, len(tokens) - start) + 1):
            token = tokens[start + length - 1]
            key += token
            if token and key in self._kinds:
                best = length, self._kinds[key]
        return best

    def is_whole(self, tokens: Sequence[str]) -> bool:
        """Whether the words are nothing but a label."""
        return "".join(tokens) in self._kinds


@cache
def field_labels() -> Labels:
    return Labels(_SOURCE)
