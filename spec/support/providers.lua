--- A provider database as in mobile-broadband-provider-info.
return [[<?xml version="1.0"?>
<serviceproviders format="2.0">
<country code="de">
  <provider><name>Guest</name>
    <gsm><network-id mcc="262" mnc="01"/><apn value="guest"><usage type="internet"/></apn></gsm></provider>
  <provider primary="true"><name>Host &amp; Co</name><name xml:lang="x">Other</name>
    <gsm><network-id mcc="262" mnc="01"/><network-id mcc="262" mnc="06"/>
      <apn value="mms"><usage type="mms"/><username>no</username></apn>
      <apn value="web"><plan type="postpaid"/><usage type="internet"/><name>Plan</name>
        <username>u</username><password>p</password></apn>
      <apn value="second"><usage type="internet"/></apn></gsm></provider>
  <provider><name>Three digits</name>
    <gsm><network-id mcc="310" mnc="260"/><apn value="three"/></gsm></provider>
  <provider><name>Two digits</name>
    <gsm><network-id mcc="310" mnc="26"/><apn value="two"/></gsm></provider>
  <provider><name>Only MMS</name>
    <gsm><network-id mcc="262" mnc="99"/><apn value="mms"><usage type="mms"/></apn></gsm></provider>
</country></serviceproviders>]]
