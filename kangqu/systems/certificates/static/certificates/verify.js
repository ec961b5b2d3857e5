/* 核验证明: without a network the page judges by itself, with the issuer's keys and lists as last fetched. The same words as the
   server's kernel/certificates/verifying. ES2015 at most. */
(function(){
'use strict';
var D=document,W=window,form=D.getElementById('verify'),box=D.getElementById('id_scan'),out=D.getElementById('result');
if(!form||!W.crypto||!W.crypto.subtle||!W.Promise)return;
var data=JSON.parse(D.getElementById('verify-data').textContent),KEPT='kq:certificates',words=data.words;

function get(url){return new Promise(function(ok,no){var x=new XMLHttpRequest();x.open('GET',url);x.timeout=10000;
  x.onload=function(){if(x.status!==200)return no(x.status);try{ok(JSON.parse(x.responseText))}catch(e){no(e)}};x.onerror=x.ontimeout=no;x.send()})}
function kept(){try{return JSON.parse(localStorage.getItem(KEPT))}catch(e){return null}}
function renew(){if(!navigator.onLine)return;
  get(data.keys).then(function(set){return Promise.all(set.keys.map(function(k){return get(data.list.replace('KID',k.kid))})).then(function(lists){
    var by={};lists.forEach(function(l){by[l.kid]=l});
    try{localStorage.setItem(KEPT,JSON.stringify({keys:set.keys,lists:by}))}catch(e){by=null}})}).catch(function(){return null})}
renew();setInterval(renew,36e5);W.addEventListener('online',renew);

function raw(part){var s=atob(part.replace(/-/g,'+').replace(/_/g,'/')),b=new Uint8Array(s.length);for(var i=0;i<s.length;i++)b[i]=s.charCodeAt(i);return b}
function text(bytes){return new TextDecoder().decode(bytes)}
function cardOf(said){var t=said.trim();
  if(/^shc:\//i.test(t)){t=t.slice(5);if(!/^([0-9][0-9])+$/.test(t))return '';
    t=t.replace(/../g,function(d){return String.fromCharCode(+d+45)})}
  return /^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+$/.test(t)?t:''}
function unpack(bytes){return new Response(new Blob([bytes]).stream().pipeThrough(new W.DecompressionStream('deflate-raw'))).text()}

/* The word, and the entries where the signature holds. */
function judge(said,known,now){
  var card=cardOf(said),parts=card.split('.'),head;
  if(!card)return Promise.resolve({word:'unreadable'});
  try{head=JSON.parse(text(raw(parts[0])))}catch(e){return Promise.resolve({word:'unreadable'})}
  var key=known.keys.filter(function(k){return k.kid===head.kid&&k.kty==='EC'&&k.alg==='ES256'})[0];
  if(!key)return Promise.resolve({word:'unknown_key'});
  return crypto.subtle.importKey('jwk',{kty:'EC',crv:key.crv,x:key.x,y:key.y,ext:true},{name:'ECDSA',namedCurve:'P-256'},false,['verify']).then(function(k){
    return crypto.subtle.verify({name:'ECDSA',hash:'SHA-256'},k,raw(parts[2]),new TextEncoder().encode(parts[0]+'.'+parts[1]))}).then(function(good){
    if(!good)return {word:'forged'};
    return unpack(raw(parts[1])).then(function(body){
      var c=JSON.parse(body),vc=c.vc,list=known.lists[key.kid],sec=now/1000,word='valid',entries=vc.credentialSubject.fhirBundle.entry.map(function(e){return e.resource});
      if(sec<c.nbf)word='not_yet';else if(c.exp&&sec>=c.exp)word='expired';
      else if(!list)word='list_missing';
      else if(list.rids.some(function(r){var p=r.split('.');return p[0]===vc.rid&&(!p[1]||c.nbf<+p[1])}))word='revoked';
      else if(now-Date.parse(list.kq_made_at)>data.good_for*1000)word='list_old';
      return {word:word,entries:entries}})}).catch(function(){return {word:'unreadable'}})}

function lines(entries){var l=data.labels,found=[];
  function add(label,value){if(value!==undefined&&value!==null&&value!=='')found.push([label,String(value)])}
  entries.forEach(function(e){
    if(e.resourceType==='Patient'){var n=(e.name||[])[0]||{};add(l.name,n.text||(n.family||'')+(n.given||[]).join(''));add(l.born,e.birthDate)}
    if(e.resourceType==='Immunization'){
      var c=((e.vaccineCode||{}).coding||[])[0]||{},p=((e.performer||[])[0]||{}).actor||{};
      add(l.vaccine,(data.names[c.system]||{})[c.code]||c.code);add(l.dose,((e.protocolApplied||[])[0]||{}).doseNumberPositiveInt);
      add(l.on,e.occurrenceDateTime);add(l.lot,e.lotNumber);add(l.by,p.display)}});
  return found}
function make(tag,cls,said){var n=D.createElement(tag);if(cls)n.className=cls;if(said)n.textContent=said;return n}
function show(told){
  var good=told.word==='valid',n=make('div','note res note-'+(good?'ok':'bad')),d=make('div'),dl=make('dl','dl');
  n.setAttribute('data-result',good?'ok':'bad');d.appendChild(make('p','',words[told.word]||data.unable));d.appendChild(make('p','sm',data.alone));
  n.appendChild(d);out.textContent='';out.appendChild(n);
  lines(told.entries||[]).forEach(function(l){var r=make('div');r.appendChild(make('dt','',l[0]));r.appendChild(make('dd','',l[1]));dl.appendChild(r)});
  if(dl.children.length)out.appendChild(dl);
  if(W.KQ&&W.KQ.result)W.KQ.result(good,words[told.word]||data.unable);
  box.value='';box.focus()}
form.addEventListener('submit',function(e){
  if(navigator.onLine)return;
  e.preventDefault();
  if(!W.DecompressionStream)return show({word:''});
  judge(box.value,kept()||{keys:[],lists:{}},Date.now()).then(show)});
})();
