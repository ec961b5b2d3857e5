/* 康衢 Kangqu: only makes pages faster; without it every page reads and every form sends. ES2015 at most. Words: #words. */
(function(){
'use strict';
var D=document,W=window,H=D.documentElement,words={},KQ=W.KQ={};
try{words=JSON.parse(D.getElementById('words').textContent)}catch(x){words={}}
function $(s,r){return (r||D).querySelector(s)}
function $$(s,r){return Array.prototype.slice.call((r||D).querySelectorAll(s))}
function on(t,e,f,c){t.addEventListener(e,f,c||false)}
function at(e,s){var t=e.target;return t&&t.closest?t.closest(s):null}
function word(k,o){return (words[k]||'').replace(/\{(\w)\}/g,function(m,n){return o&&o[n]!==undefined?o[n]:''})}
function hm(t){var d=new Date(t);return d.getHours()+':'+('0'+d.getMinutes()).slice(-2)}
function fire(n,d){D.dispatchEvent(new CustomEvent(n,{detail:d}))}
function make(tag,cls,text){var n=D.createElement(tag);if(cls)n.className=cls;if(text)n.textContent=text;return n}
function store(k,v){try{if(v===undefined)return localStorage.getItem(k);if(v===null)localStorage.removeItem(k);else localStorage.setItem(k,v);return true}catch(x){return null}}
function cookie(k,v,age){D.cookie=k+'='+v+';path=/;max-age='+age+';samesite=lax'+(location.protocol==='https:'?';secure':'')}

/* 1. Speaking through the live region; show=true lets it be seen as well. */
var hush;
function say(t,show){var l=$('#live');if(!l||!t)return;clearTimeout(hush);l.textContent='';
  setTimeout(function(){l.textContent=t;l.classList.toggle('on',!!show)},30);
  hush=setTimeout(function(){l.classList.remove('on')},6000)}
KQ.say=say;

/* 2. 长辈版 / 深色: a link that works by itself; here it changes in place. */
$$('[data-set]').forEach(function(b){
  var p=b.getAttribute('data-set').split('='),n='data-'+p[0];
  on(b,'click',function(e){e.preventDefault();
    var was=H.getAttribute(n)===p[1],say1=b.getAttribute(was?'data-off':'data-on'),t=$('span',b);
    if(was)H.removeAttribute(n);else H.setAttribute(n,p[1]);
    cookie('kq-'+p[0],was?'':p[1],was?0:31536000);
    if(t)t.textContent=say1;
    b.setAttribute('href',(b.getAttribute('href')||'').replace(new RegExp('([?&]'+p[0]+'=)[^&]*'),'$1'+(was?p[1]:'')))})});

/* 3. The code: renewed when its life is over, when the page comes back, and on tap.
   Unanswered for 3 s, the old one stays for data-keep seconds and says until when; then it fades. */
$$('[data-code]').forEach(function(box){
  var life=+box.getAttribute('data-life')||60,keep=(+box.getAttribute('data-keep')||600)*1000,got=Date.now(),left=life,busy=false,
    note=$('[data-code-note]',box),bar=$('.pb i',box),sec=$('[data-left]',box);
  function draw(){if(sec)sec.textContent=left;if(bar)bar.style.transform='scaleX('+left/life+')'}
  function fail(){busy=false;left=5;var dead=Date.now()-got>keep,t=dead?word('dead'):word('keep',{t:hm(got+keep)});
    $('.qr',box).classList.toggle('old',dead);
    if(note){var s=$('div',note);if(s.textContent!==t)say(t);s.textContent=t;note.hidden=false}}
  function renew(manual){if(busy)return;busy=true;
    var x=new XMLHttpRequest();x.open('GET',box.getAttribute('data-code'));x.timeout=3000;
    x.setRequestHeader('X-KQ-Fragment','code');
    x.onload=function(){
      if(x.status===200&&x.getResponseHeader('X-KQ-Fragment')==='code'){var t=make('div');t.innerHTML=x.responseText;busy=false;
        $$('[data-part]',box).forEach(function(n){var m=$('[data-part='+n.getAttribute('data-part')+']',t);if(m)n.innerHTML=m.innerHTML});
        got=Date.now();left=life;
        $('.qr',box).classList.remove('old');if(note)note.hidden=true;draw();fire('kq:code',box);if(manual)say(word('renewed'))}
      else if(x.status<500)location.reload();else fail()};
    x.onerror=x.ontimeout=fail;x.send()}
  setInterval(function(){if(D.hidden||busy)return;left--;if(left<=0)renew();else if(!note||note.hidden)draw()},1000);
  on(box,'click',function(e){if(at(e,'[data-code-now]')){e.preventDefault();renew(true)}});
  on(D,'visibilitychange',function(){if(!D.hidden)renew()});
  on(W,'pageshow',function(e){if(e.persisted)renew()});
  on(W,'online',function(){renew()})});

/* 4. Scan guns are keyboards: physical keys (an input method does not matter), 6 of them under 50 ms apart, then Enter.
   No person types so; a slow machine may let the other keys wait. What they typed into a field is taken out again. */
var KEYS={Minus:'-',NumpadSubtract:'-',Period:'.',NumpadDecimal:'.'},buf='',run=0,gun=false,last=0,first=null,seen='',seenAt=0;
function chr(e){var c=e.code||'';
  if(/^Key[A-Z]$/.test(c))return c[3];
  if(/^(Digit|Numpad)\d$/.test(c))return c.slice(-1);
  return KEYS[c]||''}
on(D,'keydown',function(e){
  if(e.repeat||e.ctrlKey||e.altKey||e.metaKey){buf='';gun=false;return}
  var now=e.timeStamp||Date.now(),gap=now-last,c;
  if(e.code==='Enter'||e.code==='NumpadEnter'){
    if(gap<300&&gun){e.preventDefault();e.stopPropagation();
      if(first&&first.el.value!==first.was)first.el.value=first.was;
      KQ.scan(buf)}
    buf='';gun=false;first=null;last=now;return}
  c=chr(e);if(!c)return;
  if(gap>=300||!buf){buf=c;run=1;gun=false;var a=D.activeElement;first=a&&/^(INPUT|TEXTAREA)$/.test(a.tagName)?{el:a,was:a.value}:null}
  else{buf+=c;run=gap<50?run+1:1;gun=gun||run>=6}
  last=now},true);
KQ.scan=function(text){var now=Date.now();text=String(text).trim().toUpperCase();
  if(text===seen&&now-seenAt<3000){seenAt=now;say(word('again'),true);return}
  seen=text;seenAt=now;fire('kq:scan',text)};
on(D,'kq:scan',function(e){var f=$('[data-find]');
  if(f&&!D.documentElement.hasAttribute('data-own-scan')){f.value=e.detail;
    if(f.form){if(f.form.requestSubmit)f.form.requestSubmit();else{var b=$('button:not([type=button])',f.form);if(b)b.click();else f.form.submit()}}}});
/* One high tone accepted, two low tones refused; the header turns green or red for a second. The sentence is shown over the page
   unless the page says it already: then it is only spoken. */
var ear,lit;
function tone(hz,from,len){var u=navigator.userActivation;if(u&&!u.hasBeenActive)return;try{ear=ear||new (W.AudioContext||W.webkitAudioContext)();
  var o=ear.createOscillator(),g=ear.createGain(),t=ear.currentTime+from;o.frequency.value=hz;g.gain.value=0.2;
  o.connect(g);g.connect(ear.destination);o.start(t);o.stop(t+len)}catch(x){ear=null}}
KQ.result=function(ok,text,said){var h=$('.top,.bar');
  if(ok)tone(1320,0,0.12);else{tone(330,0,0.14);tone(330,0.22,0.14)}
  if(h){clearTimeout(lit);h.classList.remove('on-ok','on-bad');h.classList.add(ok?'on-ok':'on-bad');
    lit=setTimeout(function(){h.classList.remove('on-ok','on-bad')},1000)}
  say(text,!said)};
on(D,'kq:result',function(e){var d=e.detail||{};KQ.result(d.ok,d.text)});
function results(r){$$('[data-result]',r).forEach(function(n){KQ.result(n.getAttribute('data-result')==='ok',($('p',n)||n).textContent,true)})}
results(D);
on(D,'htmx:afterSwap',function(e){results(e.target.parentNode||D);mend(e.target)});

/* 5. Camera: WeChat's scanner, then the browser's own or kq/qr.js, then the photo the form sends to the server. */
$$('form[data-cam]').forEach(function(f){
  on(f,'click',function(e){if(!at(e,'[data-cam-open]'))return;
    var file=$('input[type=file]',f);if(file.files&&file.files.length)return;
    e.preventDefault();
    if(W.wx&&W.wx.scanQRCode)return W.wx.scanQRCode({needResult:1,scanType:['qrCode','barCode'],success:function(r){KQ.scan(r.resultStr.split(',').pop())}});
    if(!navigator.mediaDevices)return file.click();
    if(W.BarcodeDetector)return look(file);
    var s=make('script');s.src=f.getAttribute('data-cam');s.onload=function(){look(file)};s.onerror=function(){file.click()};D.head.appendChild(s)});
  on(f,'change',function(e){if(e.target.type==='file'&&e.target.files.length){busy(f);f.submit()}})});
function look(file){
  navigator.mediaDevices.getUserMedia({video:{facingMode:'environment'}}).then(function(s){
    var eye=new W.BarcodeDetector({formats:['qr_code','code_128']}),v=make('video'),c=make('div','cv'),b=make('button','b',word('cancel')),open=true;
    c.setAttribute('role','dialog');c.setAttribute('aria-modal','true');b.type='button';b.setAttribute('data-key','Escape');
    v.setAttribute('playsinline','');v.muted=true;v.srcObject=s;c.appendChild(v);c.appendChild(b);D.body.appendChild(c);b.focus();v.play();
    function shut(){open=false;s.getTracks().forEach(function(t){t.stop()});c.remove()}
    on(b,'click',shut);
    (function again(){if(!open)return;
      eye.detect(v).then(function(r){if(r.length){shut();KQ.scan(r[0].rawValue)}else setTimeout(again,120)},function(){setTimeout(again,300)})})()
  },function(){say(word('nocam'),true);file.click()})}

/* 6. Drafts: kept every 3 s until the server has the form (cookie kq_done) or sign-out; never what is data-private. */
var D0='kq:draft:';
(D.cookie.match(/(?:^|; )kq_done=([^;]*)/)||[]).slice(1).forEach(function(k){k=decodeURIComponent(k).replace(/^"|"$/g,'');
  store(D0+k,null);cookie('kq_done','',0)});
function fields(f){return $$('input[name],select[name],textarea[name]',f).filter(function(n){
  return !/^(hidden|password|file|submit)$/.test(n.type)&&!n.hasAttribute('data-private')})}
function picture(f){var o={};fields(f).forEach(function(n){
  if(/^(checkbox|radio)$/.test(n.type)){if(n.checked)(o[n.name]=o[n.name]||[]).push(n.value)}else if(n.value)o[n.name]=[n.value]});return o}
$$('form[data-draft]').forEach(function(f){
  var k=D0+f.getAttribute('data-draft'),blank=JSON.stringify(picture(f)),was=blank,kept=null;
  try{kept=JSON.parse(store(k)||'null')}catch(x){kept=null}
  if(kept&&!$('[aria-invalid]',f)&&JSON.stringify(kept.v)!==blank){
    fields(f).forEach(function(n){var v=kept.v[n.name];
      if(/^(checkbox|radio)$/.test(n.type))n.checked=!!v&&v.indexOf(n.value)>=0;else n.value=v?v[0]:''});
    was=JSON.stringify(kept.v);
    var t=word('restored',{t:hm(kept.at)}),p=make('div','note note-info'),b=make('button','b',word('clear'));
    p.appendChild(make('div','',t));b.type='button';p.appendChild(b);f.insertBefore(p,f.firstChild);say(t);
    on(b,'click',function(){store(k,null);f.reset();was=blank;p.remove();var i=fields(f)[0];if(i)i.focus()})}
  function save(){var now=JSON.stringify(picture(f));if(now!==was){was=now;store(k,now===blank?null:JSON.stringify({at:Date.now(),v:JSON.parse(now)}))}}
  setInterval(save,3000);on(f,'submit',save);on(W,'pagehide',save)});
on(D,'submit',function(e){if(!e.target.hasAttribute('data-signout'))return;
  try{Object.keys(localStorage).forEach(function(k){if(k.indexOf('kq:')===0)localStorage.removeItem(k)})}catch(x){words=words}
  if(W.indexedDB)indexedDB.deleteDatabase('kq');
  if(navigator.serviceWorker&&navigator.serviceWorker.controller)navigator.serviceWorker.controller.postMessage('forget')});

/* 7. Sending: after one second the button says so; a form is not sent twice by a second press. */
function busy(f){var b=$('[data-busy]',f);if(b)setTimeout(function(){if(f.getAttribute('data-sent')){b.setAttribute('data-was',b.innerHTML);b.textContent=b.getAttribute('data-busy')}},1000);f.setAttribute('data-sent','1')}
on(D,'submit',function(e){var f=e.target;if(e.defaultPrevented||(f.method||'get')==='get')return;
  if(f.getAttribute('data-sent'))e.preventDefault();else busy(f)});
on(W,'pageshow',function(e){if(e.persisted)$$('form[data-sent]').forEach(function(f){f.removeAttribute('data-sent');
  var b=$('[data-was]',f);if(b)b.innerHTML=b.getAttribute('data-was')})});

/* 8. The outbox (docs/web.md): writes wait on the device, each with its key, go in order, and are answered one by one. */
var db=null,sending=false,pause=2000,timer,outer=false;
function opened(cb){if(db)return cb(db);if(!W.indexedDB)return cb(null);var q;
  try{q=indexedDB.open('kq',1)}catch(x){return cb(null)}
  q.onupgradeneeded=function(){q.result.createObjectStore('out',{keyPath:'n',autoIncrement:true}).createIndex('id','id',{unique:true})};
  q.onsuccess=function(){db=q.result;db.onversionchange=function(){db.close();db=null};cb(db)};q.onerror=function(){cb(null)}}
function all(cb){opened(function(d){if(!d)return cb([]);var out=[],r=d.transaction('out').objectStore('out').openCursor();
  r.onsuccess=function(){var c=r.result;if(c){out.push(c.value);c['continue']()}else cb(out)};r.onerror=function(){cb([])}})}
function change(work,cb){opened(function(d){if(!d)return cb&&cb(false);var t=d.transaction('out','readwrite');
  work(t.objectStore('out'));t.oncomplete=function(){if(cb)cb(true)};t.onerror=t.onabort=function(){if(cb)cb(false)}})}
function uid(){var b=new Uint8Array(16),h='';W.crypto.getRandomValues(b);b[6]=b[6]&15|64;b[8]=b[8]&63|128;
  for(var i=0;i<16;i++)h+=(i>3&&i<11&&i%2===0?'-':'')+('0'+b[i].toString(16)).slice(-2);return h}
function put(url,values,cb){var r={id:uid(),at:new Date().toISOString(),url:url,values:values,state:'wait'};
  change(function(s){s.add(r)},function(ok){if(ok){say(word('saved'));truth();flush()}else say(word('full'),true);if(cb)cb(ok,r)})}
function flush(){clearTimeout(timer);if(sending)return;
  all(function(rows){rows=rows.filter(function(r){return r.state==='wait'});if(!rows.length||!navigator.onLine)return truth();
    sending=true;truth();
    var url=rows[0].url,lot=rows.filter(function(r){return r.url===url}).slice(0,50),x=new XMLHttpRequest(),csrf=$('meta[name=csrf]');
    x.open('POST',url);x.timeout=30000;x.setRequestHeader('Content-Type','application/json');x.setRequestHeader('Accept','application/json');
    if(csrf)x.setRequestHeader('X-CSRFToken',csrf.getAttribute('content'));
    x.onload=function(){var a=null;sending=false;
      try{a=x.status===200?JSON.parse(x.responseText).answers:null}catch(y){a=null}
      if(!a){outer=x.status===401||x.status===403;return later()}
      pause=2000;outer=false;store('kq:synced',String(Date.now()));
      var by={};a.forEach(function(r){by[r.id]=r});
      if(!lot.some(function(r){return by[r.id]}))return later();
      change(function(s){lot.forEach(function(r){var w=by[r.id];if(!w)return;
        if(w.state==='accepted'||w.state==='duplicate')s['delete'](r.n);else{r.state=w.state;r.sentence=w.sentence;s.put(r)}})},
        function(){fire('kq:answers',a);flush()})};
    x.onerror=x.ontimeout=function(){sending=false;later()};
    x.send(JSON.stringify({items:lot.map(function(r){return {id:r.id,at:r.at,values:r.values}})}))})}
function later(){truth();if(!outer){timer=setTimeout(flush,pause);pause=Math.min(pause*2,60000)}}
function truth(){all(function(rows){
  var back=rows.filter(function(r){return r.state!=='wait'}),n=rows.length-back.length,off=!navigator.onLine,s=$('[data-syn]'),t,
    y=store('kq:synced');
  if(s){t=outer?word('signin'):off||n&&!sending?word('off',{n:n}):n?word('sending',{n:n}):back.length?word('back',{n:back.length}):word('synced',{t:y?hm(+y):hm(Date.now())});
    s.className='syn note-'+(outer||back.length&&!n?'bad':off?'warn':n?'info':'ok');
    var w=$('span',s);if(w.textContent!==t)w.textContent=t}
  $$('[data-out]').forEach(function(o){o.textContent=n+back.length});
  $$('[data-outbox-list]').forEach(function(l){l.textContent='';rows.forEach(function(r){
    var li=make('li'),d=make('div','li'),b=make('button','b',word('remove'));b.type='button';
    d.appendChild(make('span','sp',hm(r.at)+' '+(r.sentence||word(r.state==='wait'?'saved':'back',{n:1}))));
    on(b,'click',function(){KQ.outbox.drop(r.id)});if(r.state!=='wait')d.appendChild(b);li.appendChild(d);l.appendChild(li)})})})}
KQ.outbox={put:put,flush:flush,all:all,drop:function(id,cb){change(function(s){var q=s.index('id').getKey(id);
  q.onsuccess=function(){if(q.result!==undefined)s['delete'](q.result)}},function(ok){truth();if(cb)cb(ok)})}};
on(D,'submit',function(e){var f=e.target;if(!f.hasAttribute('data-outbox')||e.defaultPrevented||!W.indexedDB)return;
  e.preventDefault();var v={};$$('[name]',f).forEach(function(n){
    if(n.name==='csrfmiddlewaretoken'||/^(checkbox|radio)$/.test(n.type)&&!n.checked||n.type==='file')return;
    v[n.name]=n.name in v?[].concat(v[n.name],n.value):n.value});
  put(f.getAttribute('data-outbox')||f.action,v,function(ok,r){if(!ok)return;
    f.dispatchEvent(new CustomEvent('kq:kept',{bubbles:true,detail:r}));store(D0+f.getAttribute('data-draft'),null)})},true);
if($('[data-syn],[data-outbox],[data-outbox-list]')){truth();flush();on(W,'online',function(){pause=2000;flush()});on(W,'offline',truth)}

/* 9. Keys: F2 find, F4 new, F8 save and next, F9 print, Esc close, Alt+1…9 tabs, up and down in lists. */
on(D,'keydown',function(e){var k=e.key,t,l,i;
  if(/^F[2489]$/.test(k)||k==='Escape'){t=$$('[data-key="'+k+'"]').filter(function(n){return n.offsetParent!==null}).pop();
    if(t){e.preventDefault();if(/^(INPUT|TEXTAREA|SELECT)$/.test(t.tagName)){t.focus();if(t.select)t.select()}else t.click()}
    else if(k==='Escape'&&location.hash==='#menu')location.hash='#main'}
  else if(e.altKey&&/^[1-9]$/.test(k)){t=$$('[data-tab]')[k-1];if(t){e.preventDefault();t.click()}}
  else if((k==='ArrowDown'||k==='ArrowUp')&&(t=at(e,'[data-nav] a'))){l=$$('tbody th a',at(e,'[data-nav]'));i=l.indexOf(t)+(k==='ArrowDown'?1:-1);
    if(l[i]){e.preventDefault();l[i].focus()}}});
on(D,'click',function(e){if(at(e,'[data-print]'))W.print()});

/* 10. ID numbers: length and check character while typing once 18 are there, birth date and sex filled from them. */
on(D,'input',function(e){var n=e.target;if(!n.hasAttribute||!n.hasAttribute('data-idno'))return;
  var v=n.value.replace(/\s/g,'').toUpperCase(),m='',h=n.id+'-live',p=D.getElementById(h),s=0,i,f;
  if(v.length>18)m=word('long',{n:v.length-18});
  else if(v.length===18){for(i=0;i<17;i++)s+=v[i]*(Math.pow(2,17-i)%11);
    if('10X98765432'[s%11]!==v[17])m=word('check');
    else{f=D.getElementById('id_'+n.getAttribute('data-birth'));if(f&&!f.value)f.value=v.slice(6,10)+'-'+v.slice(10,12)+'-'+v.slice(12,14);
      f=n.form&&$('input[name="'+n.getAttribute('data-sex')+'"][value="'+(v[16]%2?1:2)+'"]',n.form);if(f)f.checked=true}}
  if(m&&!p){p=make('p','er');p.id=h;p.setAttribute('role','status');n.parentNode.insertBefore(p,n.nextSibling)}
  if(p&&p.textContent!==m)p.textContent=m});
on(D,'change',function(e){var n=e.target;if(n.hasAttribute&&n.hasAttribute('data-idno')){var v=n.value.replace(/\s/g,'');
  if(v&&v.length<18){n.dispatchEvent(new CustomEvent('input',{bubbles:true}));var p=D.getElementById(n.id+'-live')||make('p','er');
    p.id=n.id+'-live';p.textContent=word('short',{n:18-v.length});n.parentNode.insertBefore(p,n.nextSibling)}}
  if(n.hasAttribute&&n.hasAttribute('data-auto')&&n.form){if(n.form.requestSubmit)n.form.requestSubmit();else n.form.submit()}});

/* 11. Tables small enough to stand whole on the page sort in place. */
on(D,'click',function(e){var b=at(e,'.tb[data-sort] thead button');if(!b)return;
  var th=b.parentNode,i=[].indexOf.call(th.parentNode.children,th),t=at(e,'table').tBodies[0],down=th.getAttribute('aria-sort')!=='descending';
  $$('th',th.parentNode).forEach(function(x){x.removeAttribute('aria-sort')});th.setAttribute('aria-sort',down?'descending':'ascending');
  function v(r){var c=r.children[i],x=c.getAttribute('data-v')||c.textContent.replace(/[\s\u2009]/g,'');return x===''||isNaN(x)?x:+x}
  $$('tr',t).sort(function(a,z){a=v(a);z=v(z);var d=a<z?-1:a>z?1:0;return down?-d:d}).forEach(function(r){t.appendChild(r)})});

/* 12. Arriving: focus goes to the list of errors; what was said before a redirect is said aloud. */
function mend(r){var b=$('#errors',r);if(b)b.focus()}
mend(D);
$$('[data-flash]').forEach(function(n){say(n.textContent)});
var sw=D.body.getAttribute('data-sw');
if(sw&&navigator.serviceWorker)navigator.serviceWorker.register(sw,{scope:'/c'})['catch'](function(){sw=null});
})();
