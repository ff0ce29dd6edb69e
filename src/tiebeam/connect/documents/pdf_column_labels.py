"""The words that head the columns of invoice lines, in the languages of `pdf_labels` and in Polish and Czech."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from tiebeam.connect.documents.pdf_labels import Labels

_SOURCE: Mapping[str, str] = {
    "pos": """pos|position|№|line|line №|#|ln|poz|poste|rij|riga|linea|rad|lp|pos №|item №|sl №|rivi|laufende №|lfd №
        |lfdno|posnr|ligne|regel|nº|sn|s №|l p|rad №|linha|linje|linje №|lin|lin №|zeile|ligne №|regel №|rivi №
        |polozka|porc""",
    "description": """description|item|item description|product|service|details|article|product description|goods|desc
        |description of goods|goods and services|items|particulars|service description|products|work|task|activity
        |bezeichnung|beschreibung|artikel|artikelbezeichnung|leistung|produkt|bezeichnung der leistung
        |leistungsbeschreibung|artikelbeschreibung|ware|position bezeichnung|designation|libelle|prestation
        |prestations|produit|designation des prestations|description article|omschrijving|product omschrijving
        |dienst|artikelomschrijving|descrizione|prodotto|descrizione articolo|descrizione prodotto|articolo|servizio
        |natura dei beni|descripcion|concepto|producto|detalle|articulo|descricao|designacao|artigo|beskrivning
        |benamning|produkt beskrivning|artikelbenamning|tjanst|beskrivelse|varebeskrivelse|vare|varetekst|tekst
        |kuvaus|nimike|tuote|selite|tuotekuvaus|text|ydelse|specifikation|spesifikasjon|betegnelse|benaming
        |beschrijving|product beschrijving|varebetegnelse|benevnelse|varenavn|artikel beskrivelse|nazwa|nazwa towaru
        |nazwa towaru uslugi|nazwa uslugi|nazwa towaru lub uslugi|opis|towar|towar usluga|oznaceni|popis|nazev
        |polozka popis|megnevezes|denumire|descripcion del articulo|descripcion articulo|descripcion del producto
        |descrizione merce|descrizione dei beni|descrizione beni servizi|descrizione della merce|beni e servizi
        |designation article|libelle article|nature|nature de la prestation|intitule|descripcion concepto
        |material description|product name|item name|name|produktname|artikelname|naam|nom du produit
        |produktbezeichnung|artikelbezeichnung beschreibung|bezeichnung artikel|leistung artikel|warenbezeichnung
        |gegenstand|lieferung leistung|artikel bezeichnung|artikel beschreibung|tuote kuvaus|tuotenimi|laskutettava
        |varuslag|vara|vara tjanst|produkt tjanst|tjanst vara|vare ydelse|ydelse vare|artigo descricao
        |descricao do artigo|bens servicos|item details|service or product|detail|work description
        |description of work|materiale|descripcion del servicio|omschrijving artikel|artikel omschrijving""",
    "sku": """sku|artikkel №|item №|item code|article №|art №|artno|artikelno|product code|part №|code|ref|reference
        |referenz
        |material|materialno|item id|product №|product id|stock code|catalogue №|mpn|article code|product ref
        |item ref|artikel №|art nr|artikelcode|artikel code|materialnummer|bestellnr|sachnummer|best №|№ article
        |№ dart|ref article|reference article|code article|productcode|art code|codice|cod|codice articolo
        |cod articolo|cod art|rif|codigo|referencia|ref articulo|artikelnr|artnr|artikelid|vareno|varenr|varenummer
        |vare №|vareid|tuoteno|tuotekoodi|koodi|tuotenro|tuotenumero|gtin|ean|item no|kode|produktno|produktnr|item
        |artikel|article|articolo|articulo|artigo|artnummer|art|teil №|teile №|sach №|produkt №|produktcode
        |produktkode|prod №|product ref №|ref №|ref produit|code produit|cod produto|codigo articulo|codigo producto
        |codice art|codice prodotto|rif articolo|artikelkod|artikel id|varekode|vare kode|indeks|kod|kod towaru
        |kod produktu|symbol|cikkszam|katalogo|sku code|model|part|part number|catalog №|cat №|order code|stock №
        |material №|mat №|bestell №|our ref|our code|supplier code|ean code|ean kod|gtin ean""",
    "quantity": """qty|quantity|menge|anzahl|quantite|qte|aantal|hoeveelheid|quantita|qta|cantidad|cant
        |quantidade|qtd|antal
        |antall|kvantitet|maara|kpl|hours|stunden|std|units|mangde|qnt|q|hrs|stuck|nombre|uren|ore|horas|timer
        |timmar|mengde|stk|lkm|menge einheit|qty unit|quantity unit|uds|ud|unidades|aant|quant|qtde|ant|ant st
        |antal st|st antal|q ta|qty shipped|shipped|qty supplied|supplied qty|quantity supplied|qty delivered
        |delivered|geliefert|gelieferte menge|liefermenge|livre|qte livree|quantite livree|qte facturee
        |quantite facturee|qty invoiced|invoiced|invoiced qty|billed qty|berechnete menge|ilosc|mnozstvi|pocet
        |mennyiseg|kolicina|cantitate|stk zahl|stuckzahl|anz|qte unite|pieces|pcs|no of units|levererat|lev antal
        |leverantal|leveret|levert|toimitettu|tuntia|h|dagen|days|tage|jours|giorni|dias|qta um|cant ud|menge me
        |anzahl einheit|geleverd|aantal eenheid|antal enhet|antal enhed|antall enhet|maara yks""",
    "unit": """unit|uom|einheit|me|eh|unite|eenheid|um|unita|ud|unidad|enhet|enhed|yksikko|measure|u|unit of measure
        |mengeneinheit|unita di misura|u m|unidade|yks|uofm|u o m|eenh|enh|einh|einheit me|vpe|me einheit|u mis
        |u d m|udm|unita mis|unite de mesure|unidad de medida|un|un med|unid|j m|jm|jedn|jednostka|mj|m j|yksik
        |enh kode|sort|enheter|mertekegyseg""",
    "unit_price": """unit price|price|price unit|rate|unit cost|price each|each|cost|net price|unit net price
        |net unit price
        |unit price net|price per unit|unit price excl vat|einzelpreis|ep|epreis|preis|stuckpreis|preis einheit
        |nettopreis|einzelpreis netto|netto einzelpreis|nettoeinzelpreis|preis stuck|preis pro einheit|preis me
        |prix unitaire|prix|pu|pu ht|prix unitaire ht|prix unit|prix u|prix u ht|prix unit ht|pu net|p u ht
        |p unitaire|tarif|stukprijs|prijs|eenheidsprijs|prijs per stuk|tarief|prijs per eenheid|stuksprijs|prezzo
        |prezzo unitario|prezzo unit|prezzo un|pr unitario|prezzo netto|precio|precio unitario|precio unidad
        |precio unit|p unit|p unitario|preco|preco unitario|preco unit|apris|a pris|pris|enhetspris|stykpris|enhedspris
        |pris per enhet|pris enhet|pris pr enhed|pris stk|a hinta|ahinta|yksikkohinta|hinta|stykkpris|styckpris
        |yks hinta|unit rate|ep netto|e preis netto|einzel preis|einzelpr|einzel|preis je einheit|preis netto
        |preis st|stk preis|stk pris|styk pris|pris pr stk|pris pr enhet|pris per st|pris per styck|pris st
        |pris styck|a pris exkl moms|pris ekskl moms|pris eks mva|pris exkl moms|enh pris|enhetspris eks mva
        |price net|sales price|list price|net price each|price ex vat|price excl vat|price per item|unit price gbp
        |unit amount|unit value|unit charge|rate per unit|prix net|prix net ht|prix unitaire net|p unit ht|p u
        |tarif ht|prix ht|prijs excl btw|prijs excl|prijs per st|prijs st|pr stuk|stuk prijs|netto prijs|nettoprijs
        |per stuk|per eenheid|pr unit|pr unitario netto|prezzo cad|cad|importo unitario|precio ud|precio uni
        |precio neto|precio unitario sin iva|p u sin iva|preco un|preco unit sem iva|preco sem iva|cena|cena netto
        |cena jedn|cena jednostkowa|cena jedn netto|cena jednostkowa netto|jednotkova cena|cena za mj|egysegar
        |a hinta veroton|hinta veroton|veroton hinta|yks hinta veroton|hinta yks|nettohinta""",
    "tax_rate": """vat|vat rate|tax|tax rate|gst|ust|mwst|ust satz|steuersatz|steuer|mwst satz|ustsatz
        |mwstsatz|tva|taux tva
        |taux|taux de tva|btw|btw tarief|btwtarief|iva|aliquota|aliq|aliquota iva|aliq iva|tipo iva|tipo|tasa iva
        |taxa iva|moms|mva|alv|moms sats|momssats|mva sats|mvasats|vat code|tax code|alv kanta|verokanta|vero
        |momspct|vat pct|tc|steuer satz|steuerkennzeichen|stk z|sz|ust schlussel|mwst code|mwst satz pct|st satz
        |ust kz|steuerschl|code tva|tx tva|btw code|btw perc|btw percentage|btw pct|al iva|cod iva|c iva|iva pct
        |tipo de iva|tx iva|taxa|taxa de iva|stawka vat|stawka|vat stawka|stawka podatku|sazba dph|dph|afa|momskod
        |momssats pct|moms procent|mva kode|mvakode|mva pct|alv pct|alv prosentti|vero pct|ust proz|tax pct
        |vat rate pct|gst rate""",
    "tax_amount": """vat amount|tax amount|mwst betrag|ust betrag|montant tva|btw bedrag|importo iva
        |importe iva|momsbelopp
        |momsbelob|mva belop|steuerbetrag|cuota iva|alv maara|imposta|mwstbetrag|moms kr|vat value|iva importe
        |mwst eur|kwota vat|wartosc vat|imp iva|ust eur|mva kr|montant de la tva|valor iva|total iva""",
    "discount": """discount|disc|rabatt|remise|korting|sconto|dto|descuento|rabat|alennus|ale|sc|nachlass
        |desc|rem|disc pct
        |desconto|rab|rabatt in|rabatt pct|less disc|discount pct|remise pct|pct remise|korting pct|krt|kort|sc pct
        |sconti|dcto|dto pct|dsc|desc pct|rab pct|upust|sleva|ale pct|alennus pct|nachl""",
    "net": """net|net amount|amount|total|line total|total price|net total|line amount|net value|value|extended price
        |ext price|total net|amount net|extension|sum|line net|amount excl vat|total excl vat|price total|netto
        |nettobetrag|betrag|gesamt|gesamtpreis|summe|gp|nettowert|netto betrag|gesamt netto|nettosumme|betrag netto
        |gesamtbetrag|positionsbetrag|gesamtnetto|netto gesamt|gesamtpreis netto|wert|montant|montant ht|total ht
        |prix total|prix total ht|montant net|total ligne|ht|montant total|bedrag|totaal|netto bedrag|totaalprijs
        |totaalbedrag|bedrag excl|bedrag excl btw
        |totaal excl btw|regelbedrag|totaal excl|importo|totale|totale netto|imponibile
        |importo netto|prezzo totale|importe|importe neto|neto|precio total|valor|preco total|total liquido|subtotal
        |belopp|summa|nettobelopp|belopp exkl moms|radsumma|summa exkl moms|belob|beloeb|i alt|nettobelob|linjetotal
        |pris i alt|belop|nettobelop|sum eks mva|belop eks mva|total pris|yhteensa|veroton|veroton yhteensa
        |rivisumma|alv 0|veroton summa|belob ekskl moms|sum ekskl moms|g preis|gpreis|gesamt preis|gesamtpr
        |ges preis|gesamtpreis eur|betrag eur|betrag in|summe eur|summe netto|pos betrag|pos summe|positionswert
        |positionspreis|netto gesamtpreis|nettopreis gesamt|warenwert|amount ex vat|amount exc vat|amount net of vat
        |ex vat|line amount ex vat|total ex vat|net line total|line value|goods value|extended|extended amount
        |ext amount|ext|net line amount|total amount|value net|nett|nett amount|nett value|montant net ht
        |prix total net|total net ht|p total|p t ht|prix ht total|totaal netto|totaal ex btw|netto totaal
        |bedrag netto|bedrag ex btw|bedrag euro|regel totaal|prijs totaal|totale riga|importo totale|importo eur
        |valore|prezzo tot|tot|importe sin iva|importe linea|total linea|base|base imponible|subtotal neto|montante
        |total sem iva|valor total|valor liquido|total linha|iliquido|liquido|pris total|total ekskl moms|belob kr
        |sum kr|linjesum|linjebelop|totalpris|netto belop|netto belob|belopp kr|belopp sek|rad summa|radbelopp
        |summa exkl|netto summa|yhteensa veroton|netto yhteensa|summa veroton|wartosc|wartosc netto|kwota netto
        |celkem|cena celkem|bez dph|celkem bez dph|netto ertek|ertek|osszesen""",
    "gross": """gross|gross amount|brutto|total ttc|ttc|bruttobetrag|total incl vat|incl vat|totale ivato
        |inkl moms|incl btw
        |lordo|montant ttc|bruttogesamt|gross total|bruttosumme|totaal incl btw|verollinen|total con iva|inkl mva
        |total inc vat|amount incl vat|importo lordo|wartosc brutto|kwota brutto|total c iva|totale con iva
        |belopp inkl moms|sum inkl mva|summa inkl moms|total incl btw|bruttopreis|brutto betrag|gesamt brutto
        |montant t t c|total t t c|total inc tax|gross value|gross price|total with vat|yhteensa verollinen
        |celkem s dph|total d iva|importe con iva|summa att betala|att betala|amount due""",
    "date": "date|datum|data|fecha|dato|leistungsdatum|service date|pvm|liefertermin|datum leistung",
}


@cache
def column_labels() -> Labels:
    return Labels(_SOURCE)
