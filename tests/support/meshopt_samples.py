"""Streams written by meshoptimizer itself, and the arrays that it was given.

Its encoders (PyPI meshoptimizer 0.2.30a0, November 2026) choose among all ways to write a group, a
channel and a triangle, which the small encoder in `tests.support.meshopt` does not.
"""

import numpy as np
from numpy.typing import NDArray


def smooth_rows() -> NDArray[np.uint8]:
    """(333, 20): slow and fast integers, floats of a line, noise, rough floats and a constant."""
    steps = np.arange(333)
    rows = np.zeros((333, 20), np.uint8)
    rows[:, 0:2] = (1000 + steps * 3 + steps % 5).astype("<u2")[:, np.newaxis].view(np.uint8)
    rows[:, 2:4] = (steps * steps * 37).astype("<u2")[:, np.newaxis].view(np.uint8)
    line = (1 + (steps % 64) / 64).astype("<f4")
    rows[:, 4:8] = line[:, np.newaxis].view(np.uint8)
    rows[:, 8] = steps * steps * 7919 >> 5 & 255
    rows[:, 9] = steps // 50
    rows[:, 10] = steps % 2
    rows[:, 11] = 200 * (steps % 37 == 0)
    rough = (1 + (steps * steps * 7919 % 1009) / 65536).astype("<f4")
    rows[:, 12:16] = rough[:, np.newaxis].view(np.uint8)
    rows[:, 16:20] = 7
    return rows


def grid_triangles() -> NDArray[np.uint32]:
    """(867,) indices of a 12 x 12 grid in the order of use, then 47 triangles that share little."""
    places = [(strip * 4 + x, y) for strip in range(3) for y in range(11) for x in range(4)]
    corner = np.array([y * 12 + x for x, y in places if x < 11])
    lower = np.stack([corner, corner + 12, corner + 1], axis=1)
    upper = np.stack([corner + 1, corner + 12, corner + 13], axis=1)
    grid = np.stack([lower, upper], axis=1).reshape(-1)
    _, first_uses, numbers = np.unique(grid, return_index=True, return_inverse=True)
    in_order_of_use = np.argsort(np.argsort(first_uses))[numbers].reshape(-1, 3)
    steps = np.arange(47)
    loose = np.stack([steps * 31 % 144, steps * 53 % 9 + 900, steps * 97 % 144 + 70_000], axis=1)
    triangles = np.concatenate([in_order_of_use, loose])
    return triangles.astype(np.uint32).reshape(-1)


ATTRIBUTES_VERSION_0 = (
    "c-qC4eN0nV7{*U~8KWD}7Q3cJ*NC#luVJCsFsP;0YVb4VqfJ+Z6-36|gboB*$FOC9U58j3KAVb+fUpK(HY(CFRz&"
    "ACokYX7;J3z^F&!3VCW_F#r-JeaSxmOYU($2Wd-CMD_crhI-Ub`sXV4oAte3Zte8dPL9sJN-KUh2fT6=YmujTx5#"
    "UJ{hgQvpN9_DfEU2kQLf3T?M5L-KvEI9jBK-q8cl3%Jw=D}4PZ+`Jw{ZH?xhCgH4df(1?{PDbFM?-QRZ4Eo|^&3T"
    "hz8igRKgD=s!|IFs$kjiuNVr`Z*m!1H%KcA*+rL}5ZDKpuarn*rzfvQ9Xr>nr$we3HUa7dU<|W_%G5!z8^Q6*@Oh"
    "ap1+qvO;9uJL13!*WC7yy&WVzPo+!NGGd9L`)|9uOMJ4drqd0E>VnOTsWbUIZ^9G9ofk07MC*qoSjug@8yT7KtTd"
    "i9{lmN>>AMadB&b_3PJf1Y|N<LPA1PLXsj$p-=)Um1?spWpfIkR;Q`c($mt@GccK%+klUNtSn8IMw0{V0P^z-Fj{"
    "S)wy>zMs7MDC>q?4CN=nKAgTZJpmK)2<%PT4>On}*Ju0)gI#`KZ?GozE&vHwqiruvc2PuyAe?UnJ%-IfAHL=crP&"
    "x6u)-2r7JjT$cBSp((Oo?0k_=;0vlg0kD14<(hK2;xgnTC_<}hRgFnJPu`n60AU61LEu0SpZfb?gDWSc4mMTh%bT"
    "Iik$<%3dG|e)?(+SU<KmqAXZ}Mc(4L-4~PZWITx%zYy~j`J6C}fh_xUNz|Ngu1!5(LmtyBZumZ6F#PQg946H!R5Y"
    "v2C;B0zhI&C8dxEcQrdc4$!2W}c9L?~N>5Y@XPBHQUbbw527K0T#oYw%6|sZOECi_1-QdL|*<{Hd)6_4&KJn|`6^"
    "`Kia_jzv$V_Efj4Z)*R9+8;YjMm*v3p4(ENojW~~w%EB(=s&f0^*^`u=f$F#JdvB)KfP>;99?eem~&TN(8airtnM"
    "Sa-&YLIw(r{bV18?jU@XRTV9DK8hEB$<WKAz|ajSCh^%J{NMrPS|3+^m7?+Y7VW@usF-=ymeyeQ8c^f{TWzA?+OJ"
    "MPZn#=WA6WtJB1=!W9MoXhgeF5i>ysn63Ld5WRg_C2BzervN}G{)4yxtmzf$rwmZ>m|CuefE)EvXS|=ny9fD^MSD"
    "8RmM){t>m2EK-X5~8Oo7t*}Yk|($$X^SMCj)SZQowj;_l&9C%Kid75%^yZQ#*Q5rY2(7s<Z!M8MXAFeCz;9O2DIP"
    "E*|p}L=b_H*SB+rCFUGT&OW;9-pU5N9~iaLU^}EVX2fAC00%e(5?kCDc?);?j`bR7*2Ud|4T(Wj>)MeHn`-)>A_3"
    "$l^L&v1?QHCUOQz@5k~*GhidX*r!K_NC=T3;KYAA?(xVVDl03itE+1Pi^XEKTI;R#4fPETjX+aV)4`_JgROwg)@E"
    "yKZ)<P=24lA$0geI3k2{V#9Nj<<;C%L8FF4S|Xbe9CBs>?7gPV|lNO%Awyb6y4C*&Uzz7!JPiN`@b<ew1`9uML{J"
    "PryW{~*o<@faQlsz@l|{xomy<)j%hET$vE`820)SmmTx;=#05cM1vjWa9Wj;#m;;gq~@UnMyIi9N47kC%JN!zp_t"
    "!DH{o~RYgJ99hf`3(s-14dsEK$fvzp8Gn8Z7W!FO5O5+|aY~0VASYd4D-d?w(Bk<~$ZKo*%pQc@-cbBdmV#6cLNv"
    "UMEP7VEpn@XaVi0gD}F`ALz3GYkB!tx`&z6$&e^o%Mh"
)
ATTRIBUTES_VERSION_1 = (
    "c-qyJX;4#F7=~|dg0_|=HvvUN4FoX?lI236fPe}pidK+71T+W=6qH0#5=b!(s1)2-G;C5dQcyyng0ciKI80j|Tv{"
    "Dm5Cx<y)7GUH(Y7L{-|6&cr{hf9>GYd9=gd3v+$TSB-lNN^WLE3Zypf-ipKtr$ZP@Ce^l6oDy^%kt8Fk)Q<Dc)F*"
    "Ajdu4KH163?EZjo)GqJ9?!FDT7EO-Rf%)wx>3c9YQY!Lk8@}0{jMjzION#&KmY!P$z;MPj$~kDQf7g^>&noNCX<y"
    "Fogf$tCezx+X6DRUvutP2wzHdKZ$EeLym|9kEC&ZiN4AsGf(6bC7jig@7A<yhadlm?#Er}4@%RD(NxHjx2!)=WUS"
    "4l|d;9qK`Y!eJ^Y;%}wru(G6)OURf`Wrru3QxovU>HJ(9pGO*R6YJ{ra%5@bC>05h77!RFqh}abt8$Ol<6?O`9c>"
    "xVSA_;u8|KZrzrcn3R;9{BBB0YU=jwJJQmmQrXU(>FIL$dl?xDg;JTBm8DX>pPjvHms<USMw641o4b3@p1phX@;="
    "PZFDTfzfB%642M-=9EG#N2E-pEYE*~xMuV><qbMoH<FoN8mtmwKob+@}RGg82?B1IVxO(UHU-RV|*k+KZpkg*&hg"
    "Wv;ffY@E7fM`W-0C*5$r78j<Uz7px6vRw1r~oblcm$b+paR$cuo0Q9K?U$2z*Wd>0V;r}09GM07gPX`04zr4Fi-("
    "(1Xzg7a!>(W1+X<TYe5CD3SbLlZU+^>Vt~2GJOC<yg#d>k^CYMMwho}vmeDYrj^P0qj!|%ohKpdF6aU^2VSzLplf"
    "_|D8D<VkBc)(69!k?-orfj9VcuKx(_EWZ<wNen32|3w_mX3Vzfo({HcJhs`piFX)_K^gIzk?On<l$z=GP#;<J+4v"
    "s?K<vKWzO-p}fw$X&6vg)oLy<eR@twXlskNjM{e=gglx6oO&rKdCb0j_nC#RZS}!Eq4!7B%r0frV%Kox1$k_JL$p"
    "Ouv25&NMnQ;&Yh6vRS@(lqR6B0uTvKd+{(Xp9==ezb{FVE~-cB`zCbB;ztIzXp@e{)S=c9wuUTTY;PQToCTWQ`}J"
    ")9oZRFP#FXgtm(2lH+V2g8jLJVM{&KW8HMN&L2{ii?*0jk;^&YYuj}aNA1)7*37#w_gQ5ewrYiFqpJ@ZHf=)SqT;"
    "9>g=r&blwcIeF%pGg(<+;R32=6I)lo_=>*1Sk_5?T(AiWL+IRwz4WDszRBBnDmn-_XIClm|KoU$oL9%fcNjNZhj#"
    "RdQM^afhNq~|h@VqxU@I$};{`TXq_d;v1fAobseB_9>w6v_Oyu6~a^61g3s*kFxj~zR%)15d`Q}c0cZC%~Tlc(zI"
    "_4<Z}PZ}GWnm#>!y1BWf<;>Z$t*vcs?HwHkLuXf4clWt-#-1KM{+j&{z$T#-a@3$vs0@_C0!pDp4LT2%fl_dx6z!"
    "-%)leC03w{{D1E@jSP#J*b08gR@MY}_!V;CJ5QU2uK2N0Moy5&@<%*~^*c|9K6x^cky%V(!&eI3)Z$}*x+$6~zfy"
    "roQiS#q9nrB*-qe9ibZ2gm*w9dF%|#6Q7@%O0dAUe<mkPpT?i<(a*whvoKJ;UyQYh|&`5a|8X)_j4s)=wzMDLzm{"
    "(vy#0iPWJ0G==_d~!D#$pyNJ%|Fcb`9V7~z+{a=9"
)
TRIANGLES = (
    "c-pOx-AV#c6h<er*wo&`JY8=P)eA(o4fKnJf<#GJ2}MDLMA0ZDR?d;Y3ljnh8cFOTDVUqOh-&&cC%W(F44i#tE!e"
    "Q`LdViy-RgJxoH%COiT}g=u*}}p*WT6_|LZh+*YMYiyZ0A&^uy!C2EI>Z$LRY+S3R?K^O&LypKfHnK+&e6jO=?9&"
    "4F+O>gk*^yabi1(yJ7qo_#7x0CioVSI$A*g0O-*1sUu@`93|$D%6FdT`5EDfp7;ZRiRzphB~TJ!mdHBD5^;a^<JT"
    "b970Wka1-htgx{bZeEN`ms3%1wX+T|q@C(#Yg-Tq6Du4_IP$!B4aXsCY6=k{t?wYPFFXFMFC~22XS6w=$D=D*{?y"
    "7UmbR{_ixl<HM+S6TmX_~H(-%MAY*FD|ka>I1B<;8U6B;)C>HV39F$1WaIRdVeuPj{V3*L1nESkPT(eBkM>G<OPQ"
    "jn52?Ozcb#&y6nkj9Jzv4(U6{"
)
INDICES = (
    "c-qy_&ubGw6bJB`I+hZ`@?J=j`LPxS|IsRBlWv+21rN=kq=hPakXC34g#<mMK@X)xY>1$kTnd7-GYhTs(73O?6!H"
    "()IedBFclyjbVM4HlrG>d%d8%0`Rvwp_6gn)hqA1CLfe4C}g}J=%`zH?t<6`~}e7VGUc=rN@VvgknU(PWO0nmIm@"
    "B9AI+#NUuj2CZz9l#=65*!y9&*$<q-{$|edH3LJ`D2VPOw+<}9lQFKhgOXH>SqF@Dt6_Lg<orUVcvT<uj8e@NMJY"
    "Xs&C;S>vG^>HS6W3gJFbSvuB~zz_C8`FpBZJdgh>0!?FBg;Z2O~@YKWZI&PS@gTHIo))Nb>Sy#V346`ox9JH!9Hf"
    "I(_4V>v89y)crR<9kL*Kj8PSa303moGgW)Ua=Q4l;jFM+y1+s*#evC(j)DXXeU6r-@tUc}o6m{n?R!OTA3Uzb!XX"
    "@=wgvLA8!k{Wc;0M14rfKb2QE{z-W=A^(xtNy$IZ_Qrpt_7n0CWIrW;6jnT()UjfY6Y@v;TT1?l+Vtd)<fnxEEPM"
    "X|#lzE>"
)
