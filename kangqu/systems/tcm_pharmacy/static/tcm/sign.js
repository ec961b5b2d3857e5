/* Signing with a finger or a pen: what is drawn goes with the form as a PNG. ES2015 at most. */
(function(){
'use strict';
var D=document,box=D.getElementById('sign'),form=D.getElementById('sign-form');
if(!box||!form||!box.getContext)return;
form.hidden=false;
var pen=box.getContext('2d'),down=false,drawn=0,last=null;
function fit(){var r=box.getBoundingClientRect(),k=2;box.width=Math.round(r.width*k);box.height=Math.round(r.height*k);
  pen.scale(k,k);pen.fillStyle='#fff';pen.fillRect(0,0,r.width,r.height);pen.lineWidth=3;pen.lineCap='round';pen.strokeStyle='#000';drawn=0}
function at(e){var r=box.getBoundingClientRect();return [e.clientX-r.left,e.clientY-r.top]}
box.addEventListener('pointerdown',function(e){e.preventDefault();down=true;last=at(e);if(box.setPointerCapture)box.setPointerCapture(e.pointerId)});
box.addEventListener('pointermove',function(e){if(!down)return;e.preventDefault();var p=at(e);
  pen.beginPath();pen.moveTo(last[0],last[1]);pen.lineTo(p[0],p[1]);pen.stroke();drawn+=Math.abs(p[0]-last[0])+Math.abs(p[1]-last[1]);last=p});
['pointerup','pointercancel'].forEach(function(n){box.addEventListener(n,function(){down=false})});
D.getElementById('sign-clear').addEventListener('click',fit);
form.addEventListener('submit',function(){D.getElementById('sign-data').value=drawn>40?box.toDataURL('image/png'):''});
fit();
})();
